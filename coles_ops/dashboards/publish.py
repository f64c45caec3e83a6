"""Workspaces and reports put into W&B; whoever is refused is told so within seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from coles_ops.dashboards.library import DashboardError, libraries
from coles_ops.dashboards.review import build_review
from coles_ops.dashboards.workspace import build_workspace
from coles_ops.run import Run
from coles_ops.tracking.sending import refused

_NAME = "colesviews"  # of our workspace in every project, by which it is found again


def publish_workspace(project: str, entity: str | None) -> str:
    """Create the workspace in a project, or update the one that was created before; returns its address.

    Args:
        project: made where it is not there.
        entity: team or user; None is that of the login.

    Raises:
        DashboardError: W&B cannot be reached, refuses the login, or refuses what is put there.
    """
    ws, _ = libraries()
    with _logged_in() as api:
        owner = entity or api.default_entity
        made = build_workspace(owner, project)
        made._internal_name = f"nw-{_NAME}-v"  # noqa: SLF001  # as W&B writes it: else each save is another workspace
        try:
            made._internal_id = ws.Workspace.from_url(made.url)._internal_id  # noqa: SLF001
        except ValueError as error:
            if "not found" not in str(error):
                raise DashboardError(f"the workspace that is there cannot be updated: {error}") from error
            api.create_project(project, owner)  # where that lacks, else nothing is done
        return made.save().url


def publish_review(run: Run, project: str, entity: str | None) -> str:
    """Make a report by which a run is reviewed, a new one each time: people write into it; returns its address.

    Args:
        run: one that has a verdict.
        project: that of the run's W&B runs.
        entity: team or user; None is that of the login.

    Raises:
        UserError: the run has no verdict yet.
        DashboardError: as a workspace.
    """
    libraries()  # a W&B that is too old for them may lack what a login takes
    with _logged_in() as api:
        return build_review(run, entity or api.default_entity, project).save().url


@contextmanager
def _logged_in() -> Iterator[Any]:
    """The programming interface of W&B, whose refusals are one message."""
    import wandb
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    if reason := refused():
        raise DashboardError(f"{reason}. Without W&B, `coles dashboard` writes the same views as a page")
    wandb.setup(wandb.Settings(silent=True))
    try:
        yield wandb.Api()
    except (wandb.errors.Error, WandbApiFailedError) as error:
        raise DashboardError(f"W&B takes no dashboard: {str(error).strip()}") from error
