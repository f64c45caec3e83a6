"""The HTML report."""

from coles_ops.report.render import write_report

__all__ = ["write_report"]
