"""Commands that look at what was done, and at this machine."""

import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from deployments.cli.console import RunArgument, UsageError, app, mistakes, out

if TYPE_CHECKING:
    from coles_ops.run import Run


@app.command()
def runs() -> None:
    """List the runs of this home folder."""
    from coles_ops.artefacts import home
    from coles_ops.run import list_runs

    table = Table("run", "created", "stages done", "verdict")
    for found in list_runs():
        table.add_row(*_line(found))
    out.print(table if table.row_count else f"no runs in {home()}: start one with `coles run completejourney`")


def _line(run: "Run") -> tuple[str, str, str, str]:
    from coles_ops.artefacts.evaluation import Evaluation

    created = stages = sentence = ""
    file, evaluation = run.path / "manifest.json", Evaluation.of(run.path)
    try:
        manifest = run.manifest
        created, stages = manifest["created"][:16].replace("T", " "), ", ".join(manifest["stages"])
        file = evaluation.verdict_file
        sentence = evaluation.verdict().sentences[0] if file.exists() else ""
    except OSError:
        sentence = f"damaged: {file.name}"
    return run.id, created, stages, sentence


@app.command()
def show(run: RunArgument) -> None:
    """Show a run's leaderboard and verdict, and where its files are."""
    with mistakes():
        from coles_ops.run import find_run
        from deployments.show import show_run

        show_run(out, find_run(run))


@app.command()
def report(
    run: RunArgument,
    again: Annotated[bool, typer.Option("--again", help="Write it anew, as the code now does it.")] = False,
    browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Print the path of a run's report."""
    with mistakes():
        from coles_ops.artefacts.report import Report
        from coles_ops.run import find_run, lock_run

        found = find_run(run)
        if again:
            from coles_ops.report import write_report_again

            with lock_run(found):
                write_report_again(found)
        path = Report.of(found.path).path
        if not path.exists():
            raise UsageError(f"{found.id} has no report yet: finish it with `coles run`")
        out.print(str(path), soft_wrap=True)
        if browse:
            webbrowser.open(path.as_uri())


@app.command()
def doctor() -> None:
    """Say what of Python, Java, memory, disk, GPU, W&B and Prefect is there, and how to get what lacks."""
    from deployments.doctor import show_checks

    raise typer.Exit(show_checks(out))
