"""Commands on datasets."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from deployments.cli.console import UsageError, app, err, mistakes, out

data = typer.Typer(help="The datasets: which there are, fetch one, generate one.", no_args_is_help=True)
app.add_typer(data, name="data")


@data.command("list")
def data_list() -> None:
    """List the datasets and whether their files are here."""
    from coles_ops.datasets import catalogue

    table = Table("dataset", "what it is", "state")
    for row in catalogue():
        table.add_row(*row)
    out.print(table)


@data.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="As `coles data list` has it.")],
    folder: Annotated[Path | None, typer.Option(help="Where to; raw/NAME at home if not given.")] = None,
) -> None:
    """Download a dataset's files; goes on where it stopped."""
    with mistakes():
        from rich.progress import Progress

        from coles_ops.artefacts import home
        from coles_ops.datasets.fetch import fetch

        with Progress(console=err) as bars:
            tasks: dict[str, Any] = {}

            def progress(file: str, here: int, total: int) -> None:
                if file not in tasks:
                    tasks[file] = bars.add_task(file)
                bars.update(tasks[file], completed=here, total=total)

            for path in fetch(name, folder or home().raw / name, progress):
                out.print(str(path), soft_wrap=True)


@data.command("synth")
def data_synth(
    folder: Annotated[Path, typer.Argument(help="Where to; must not exist yet.")],
    clients: Annotated[int, typer.Option(help="How many clients.")] = 2_000,
    events: Annotated[int, typer.Option(help="How many events in all, about.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Decides every byte.")] = 0,
    modality: Annotated[str, typer.Option(help="transactions or clickstream.")] = "transactions",
) -> None:
    """Generate made-up clients in the schemas of Data Fusion 2022."""
    with mistakes():
        from coles_ops.artefacts import publish
        from coles_ops.generator import generate

        if folder.exists():
            raise UsageError(f"{folder} exists: name a folder that does not")
        if modality not in ("transactions", "clickstream"):
            raise UsageError(f"--modality {modality}: it is transactions or clickstream")
        with publish(folder) as partial:
            generate(partial, clients, events, seed, modality)
        out.print(str(folder), soft_wrap=True)
