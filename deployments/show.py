"""Tables and sentences for the console."""

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from coles_ops.artefacts.embeddings import Embeddings
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.validation import Validation
from coles_ops.artefacts.verdict import Verdict
from coles_ops.datasets.names import shown_name
from coles_ops.evaluation.lines import Line, columns, lines
from coles_ops.evaluation.words import difference
from coles_ops.inference.bundle import PLACE
from coles_ops.run import Run

_LEAST, _FIGURE = 72, 11  # characters of the columns that are always shown, and of one of the others


def show_run(console: Console, run: Run, ui: str | None = None) -> None:
    """The leaderboard, the verdict and where everything lies; or how far the run has come."""
    evaluation = Evaluation.of(run.path)
    if not evaluation.finished:
        done = ", ".join(run.manifest["stages"]) or "none"
        console.print(f"run {run.id} is not finished; stages done: {done}")
        return
    verdict = evaluation.verdict()
    console.print(_leaderboard(lines(evaluation.leaderboard(), verdict), verdict, console.width))
    console.print("\n" + "\n".join(verdict.sentences) + "\n", style="bold")
    console.print("\n".join(verdict.remarks) + "\n", style="dim")
    places = {
        "report": Report.of(run.path).path,
        "W&B files": run.path / "wandb",
        "validation docs": Validation.of(run.path).docs / "index.html",
        "embeddings": Production.of(run.path).embeddings,
        "bundle": run.path / PLACE,
    }
    for name, path in places.items():
        if path.exists():
            console.print(f"{name:>16}  {_short(path)}", soft_wrap=True)
    if ui:
        console.print(f"{'Prefect UI':>16}  {ui}", soft_wrap=True)
    _stages(console, run)


def _leaderboard(found: list[Line], verdict: Verdict, width: int) -> Table:
    """Scores and differences, and as many figures as there is room for."""
    table = Table(header_style="bold")
    table.add_column("representation")
    more = [*found[0].others, *columns(verdict).values()][: max(0, width - _LEAST) // _FIGURE]
    for title in (verdict.metric, "difference", *more):
        table.add_column(title, justify="right", no_wrap=True)
    for number, line in enumerate(found):
        figures = [*line.others.values(), *(line.figures[key] for key in columns(verdict))][: len(more)]
        table.add_row(
            line.name,
            _cell(line.score),
            difference(line.told),
            *map(_cell, figures),
            style="bold green" if line.row in {row.representation for row in verdict.compared} else "cyan",
            end_section=number + 1 < len(found) and found[number + 1].family != line.family,
        )
    return table


def _stages(console: Console, run: Run) -> None:
    stages = run.manifest["stages"]
    facts = [f"{name} {s['seconds']:.0f} s, {s['peak_mb'] / 1024:.1f} GB" for name, s in stages.items()]
    console.print(f"{'stages':>16}  {'; '.join(facts)}", soft_wrap=True)


def _cell(value: object) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value >= 2 and value.is_integer() else f"{value:.4f}"
    return str(value)


def _short(path: Path) -> str:
    """Relative to the working folder where it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def show_embeddings(console: Console, made: Embeddings) -> None:
    """What was embedded, what was left out or unknown, and where it lies."""
    facts = made.summary
    console.print(f"{facts['clients']:,} clients of {facts['events']:,} events, by {facts['trial']} of {facts['run']}")
    if left_out := sum(facts["reasons"].values()):
        console.print(f"{left_out:,} events were left out: {_short(made.quarantine)}", soft_wrap=True)
    for column, number in facts["unknown"].items():
        if number:
            console.print(f"{shown_name(column)}: {number / facts['events']:.1%} of the events have an unknown value")
    if facts["truncated_clients"]:
        console.print(f"{facts['truncated_clients']:,} clients have more events than the encoder reads: the last count")
    console.print(f"embeddings  {_short(made.path)}/part-*.parquet", soft_wrap=True)
