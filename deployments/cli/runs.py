"""Commands that look at what was done, and at this machine."""

import json
import webbrowser
from typing import Annotated

import typer
from rich.table import Table

from deployments.cli.console import RunArgument, app, mistakes, out


@app.command()
def runs() -> None:
    """List the runs of this home folder."""
    from coles_ops.artefacts import home
    from coles_ops.run import list_runs

    table = Table("run", "created", "stages done", "verdict")
    for found in list_runs():
        verdict = found.path / "verdict.json"
        sentence = json.loads(verdict.read_text())["sentence"] if verdict.exists() else ""
        manifest = found.manifest
        table.add_row(found.id, manifest["created"][:16].replace("T", " "), ", ".join(manifest["stages"]), sentence)
    out.print(table if table.row_count else f"no runs in {home()}: start one with `coles run completejourney`")


@app.command()
def show(run: RunArgument) -> None:
    """Show a run's leaderboard and verdict, and where its files are."""
    with mistakes():
        from coles_ops.run import find_run
        from deployments.show import show_run

        show_run(out, find_run(run))


@app.command()
def report(
    run: RunArgument, browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False
) -> None:
    """Print the path of a run's report."""
    with mistakes():
        from coles_ops.run import find_run

        path = find_run(run).path / "report.html"
        if not path.exists():
            raise ValueError(f"{path.parent.name} has no report yet: finish it with `coles run`")
        out.print(str(path), soft_wrap=True, highlight=False)
        if browse:
            webbrowser.open(path.as_uri())


@app.command()
def doctor() -> None:
    """Say what of Python, Java, memory, disk, GPU, W&B and Prefect is there, and how to get what lacks."""
    from deployments.doctor import show_checks

    raise typer.Exit(show_checks(out))
