"""The stages as Prefect tasks: one line each over a pure function of the library."""

from tasks.policy import task
from tasks.stages import evaluate, preprocess, report, search, split, track, validate

__all__ = ["evaluate", "preprocess", "report", "search", "split", "task", "track", "validate"]
