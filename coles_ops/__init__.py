"""The library behind the flows: pure functions over artefacts; it knows no orchestrator."""

from coles_ops.switches import set_switches

set_switches()  # first of all: libraries read them when they are imported

__version__ = "0.1.0"
