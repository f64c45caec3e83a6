"""The library behind the flows: pure functions over artefacts; it knows no orchestrator."""

__version__ = "0.1.0"
