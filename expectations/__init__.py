"""Great Expectations suites, and the gate they make of them."""

from expectations.gate import GateFailedError, validate_raw
from expectations.summary import markdown_summary

__all__ = ["GateFailedError", "markdown_summary", "validate_raw"]
