"""The library behind the flows: pure functions over artefacts; it knows no orchestrator."""

import os

# Huge pages for torch's large tensors on Linux: a step of training on the CPU faults in its memory anew each time, and
# takes a tenth less so. Read by torch before its first large tensor.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__version__ = "0.1.0"
