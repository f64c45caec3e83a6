"""The HTML report."""

from coles_ops.report.render import write_report, write_report_again

__all__ = ["write_report", "write_report_again"]
