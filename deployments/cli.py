"""The command line. Exit codes: 0 done, 1 it failed, 2 the user's mistake, 130 interrupted."""

import json
import logging
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from deployments import environment

environment.apply()

app = typer.Typer(
    help="From raw event sequences to client embeddings, and whether they beat plain aggregates.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data = typer.Typer(help="The datasets: which there are, fetch one, generate one.", no_args_is_help=True)
app.add_typer(data, name="data")

out = Console(width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True)

ConfigArgument = Annotated[str, typer.Argument(help="A name in configs/, or the path of a YAML file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the config; repeatable."),
]
RunArgument = Annotated[str, typer.Argument(help="A run's id as `coles runs` lists it, or the start of one.")]


@app.command()
def run(
    config: ConfigArgument,
    set_: SetOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
) -> None:
    """Run the whole job in this process; no server is needed."""
    if dry_run:
        plan(config, set_)
        return
    with _mistakes():
        from coles_ops.config import load_config
        from coles_ops.run import Run

        overrides = _overrides(set_)
        load_config(config, overrides)  # a mistake shows before the heavy libraries are imported
        from deployments.show import show_run
        from flows.coles import coles

        _log_to_console()
        folder = coles.fn(config, overrides)
        show_run(out, Run(Path(folder)))


@app.command()
def plan(config: ConfigArgument, set_: SetOption = None) -> None:
    """Show what would run: trials, events to train on, stages that are done already."""
    with _mistakes():
        from coles_ops.config import load_config
        from deployments.plan import show_plan

        show_plan(out, load_config(config, _overrides(set_)))


@app.command()
def launch(config: ConfigArgument = "completejourney", set_: SetOption = None) -> None:
    """Start Prefect on loopback, run coles/full on it, show its progress and result, stop Prefect."""
    with _mistakes():
        from coles_ops.config import load_config
        from coles_ops.run import open_run
        from deployments.follow import run_deployment
        from deployments.local import local_prefect
        from deployments.show import show_run

        overrides = _overrides(set_)
        opened = open_run(load_config(config, overrides))  # a mistake shows before anything is started
        _log_to_console()
        with local_prefect():
            flow_run = run_deployment(
                "coles/full",
                {"config": _absolute(config), "overrides": overrides},
                lambda line: out.print(line, highlight=False, markup=False, soft_wrap=True),
            )
        state = flow_run.state
        if not state or not state.is_completed():
            err.print(f"coles/full ended {state and state.name}: {state and state.message}", markup=False)
            raise typer.Exit(1)
        page = f"http://127.0.0.1:4200/runs/flow-run/{flow_run.id}"
        show_run(out, opened, ui=f"{page}  (after `make serve`)")


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port of the server and UI on 127.0.0.1.")] = 4200) -> None:
    """Keep a Prefect server, its UI and a worker on loopback until Ctrl-C."""
    with _mistakes():
        from threading import Event

        from deployments.local import local_prefect

        _log_to_console()
        with local_prefect(port) as url:
            out.print(f"Prefect UI on {url.removesuffix('/api')}; in another shell:")
            out.print(f"  PREFECT_API_URL={url} prefect deployment run coles/full", soft_wrap=True)
            Event().wait()


@app.command()
def deploy(
    pool_type: Annotated[str, typer.Option(help="Type of the work pool, where it lacks.")] = "process",
) -> None:
    """Register the deployments with the Prefect server of PREFECT_API_URL; again is safe."""
    with _mistakes():
        from deployments.registration import register

        for name in register(pool_type):
            out.print(name)


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
    with _mistakes():
        from coles_ops.run import find_run
        from deployments.show import show_run

        show_run(out, find_run(run))


@app.command()
def report(
    run: RunArgument, browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False
) -> None:
    """Print the path of a run's report."""
    with _mistakes():
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
    name: Annotated[str, typer.Argument(help="datafusion2022")],
    folder: Annotated[Path | None, typer.Option(help="Where to; raw/NAME at home if not given.")] = None,
) -> None:
    """Download a dataset's files; goes on where it stopped."""
    with _mistakes():
        from rich.progress import Progress

        from coles_ops.artefacts import home
        from coles_ops.datasets.fetch import fetch

        with Progress(console=err) as bars:
            tasks: dict[str, Any] = {}

            def progress(file: str, here: int, total: int) -> None:
                if file not in tasks:
                    tasks[file] = bars.add_task(file)
                bars.update(tasks[file], completed=here, total=total)

            for path in fetch(name, folder or home() / "raw" / name, progress):
                out.print(str(path), soft_wrap=True, highlight=False)


@data.command("synth")
def data_synth(
    folder: Annotated[Path, typer.Argument(help="Where to; must not exist yet.")],
    clients: Annotated[int, typer.Option(help="How many clients.")] = 2_000,
    events: Annotated[int, typer.Option(help="How many events in all, about.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Decides every byte.")] = 0,
    modality: Annotated[str, typer.Option(help="transactions or clickstream.")] = "transactions",
) -> None:
    """Generate made-up clients in the schemas of Data Fusion 2022."""
    with _mistakes():
        from coles_ops.artefacts import publish
        from coles_ops.generator import generate

        if folder.exists():
            raise ValueError(f"{folder} exists: name a folder that does not")
        if modality not in ("transactions", "clickstream"):
            raise ValueError(f"--modality {modality}: it is transactions or clickstream")
        with publish(folder) as partial:
            generate(partial, clients, events, seed, modality)
        out.print(str(folder), soft_wrap=True, highlight=False)


@contextmanager
def _mistakes() -> Iterator[None]:
    """A user's mistake is one message and exit code 2; Ctrl-C is 130; the rest keeps its traceback."""
    try:
        yield
    except ValueError as error:
        err.print(f"[red]{type(error).__name__}[/red]: ", end="")
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        err.print("interrupted; what is finished is kept, the same command goes on from there")
        raise typer.Exit(130) from None


def _overrides(pairs: list[str] | None) -> dict[str, Any]:
    """``["training.epochs=3"]`` to ``{"training.epochs": 3}``; values are read as YAML."""
    from coles_ops.config import ConfigError

    overrides = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair}: write it as key=value, e.g. --set training.epochs=3")
        overrides[key] = yaml.safe_load(value)
    return overrides


def _absolute(config: str) -> str:
    """The worker runs in another folder: a path must not depend on it."""
    return str(Path(config).absolute()) if Path(config).suffix in (".yaml", ".yml") else config


def _log_to_console() -> None:
    logger = logging.getLogger("coles")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [RichHandler(console=err, show_path=False, show_level=False, log_time_format="%H:%M:%S")]


if __name__ == "__main__":
    sys.exit(app())
