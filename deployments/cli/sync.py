"""What is still to be sent to W&B."""

from typing import Annotated

import typer
from rich.progress import track
from rich.table import Table

from deployments.cli.console import app, err, mistakes, out


@app.command()
def sync(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="Runs, or the starts of their ids; all by default.")
    ] = None,
    timeout: Annotated[int | None, typer.Option(min=1, help="Seconds a run may take; by default as it says.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is not sent.")] = False,
) -> None:
    """Send to W&B what was tracked offline, or could not be sent; exit code 1 where something still is not.

    What was sent to the same project by the same login is not sent again, and W&B knows a run by its id: so this may be
    repeated, or run every night.
    """
    with mistakes():
        from coles_ops.run import find_run, list_runs
        from coles_ops.tracking import is_run_sent, send_run, untracked

        table, failed = Table("run", "W&B"), False
        found = [find_run(name) for name in runs] if runs else list_runs()
        for run in track(found, "sending", console=err, transient=True):
            tracking = run.config.tracking
            tracking = tracking.model_copy(update={"sync_timeout": timeout or tracking.sync_timeout})
            state = untracked(run)
            if state is None and is_run_sent(run, tracking):
                state = f"is in {tracking.project}"
            elif state is None:
                reason = "not sent" if dry_run else send_run(run, tracking, again=True)
                state, failed = reason or f"sent to {tracking.project}", failed or bool(reason)
            table.add_row(run.id, state)
    out.print(table if table.row_count else "no runs")
    raise typer.Exit(1 if failed else 0)
