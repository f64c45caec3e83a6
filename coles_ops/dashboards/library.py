"""The library that makes workspaces and reports of W&B, which is an extra of ours, and what of it is private."""

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
        raise DashboardError("dashboards in W&B need wandb-workspaces: `pip install 'coles[dashboards]'`") from None
    return workspaces, reports


def spec_of(made: Any) -> dict[str, Any]:
    """What a workspace or a report is saved as.

    ``_to_model`` is private; nothing public tells without a login what would be sent, and a test should.
    """
    return made._to_model().model_dump(mode="json", by_alias=True, exclude_none=True)["spec"]  # noqa: SLF001
