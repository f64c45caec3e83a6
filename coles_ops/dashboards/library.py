"""The library that makes workspaces and reports of W&B, which is an extra of ours."""

from typing import Any

from coles_ops.schema import UserError


class DashboardError(UserError):
    """A dashboard that cannot be made: says what lacks, and how to get it."""


def libraries() -> tuple[Any, Any]:
    """``wandb_workspaces.workspaces`` and ``wandb_workspaces.reports.v2``.

    Raises:
        DashboardError: they are not installed.
    """
    try:
        import wandb_workspaces.reports.v2 as reports
        from wandb_workspaces import workspaces
    except ImportError:
        raise DashboardError("dashboards in W&B need wandb-workspaces: `pip install wandb-workspaces`") from None
    return workspaces, reports
