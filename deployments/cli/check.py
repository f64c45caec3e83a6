"""Whether what was written is still what lies there."""

from pathlib import Path

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from deployments.cli.console import RunArgument, app, err, mistakes, out


@app.command()
def check(run: RunArgument) -> None:
    """Read every file that a run stands on and compare it with its seal; exit code 1 where one is damaged.

    ``coles run`` looks at sizes, and at the contents of files that were touched. This reads all, for disks that rot.
    """
    with mistakes():
        from coles_ops.artefacts import damage, home
        from coles_ops.run import find_run

        found = find_run(run)
        artefacts = found.artefacts()
        wrong: list[str] = []
        table = Table("artefact", "files", "MB", "state", title=found.id, title_justify="left")
        sizes = [_size(path) for path in artefacts]
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("reading", total=sum(size for _, size in sizes))
            for path, (files, size) in zip(artefacts, sizes, strict=True):
                lines = damage(path, thorough=True) if path.exists() else [f"{path} is gone"]
                state = Text("damaged", "red") if lines else "whole"
                table.add_row(str(home().relative(path)), str(files), f"{size / 2**20:,.1f}", state)
                progress.advance(task, size)
                wrong += lines
    out.print(table)
    for line in wrong:
        out.print(line, soft_wrap=True)
    if wrong:
        out.print(f"`coles run {found.path / 'config.yaml'}` makes anew what is damaged", soft_wrap=True)
        raise typer.Exit(1)


def _size(artefact: Path) -> tuple[int, int]:
    """Files and bytes, as they lie there."""
    files = [file for file in (artefact, *artefact.rglob("*")) if file.is_file()]
    return len(files), sum(file.stat().st_size for file in files)
