"""Tables and sentences for the console."""

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from coles_ops.artefacts.evaluation import PROBE, Evaluation
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.validation import Validation
from coles_ops.run import Run

_COLUMNS = {
    "name": "encoder · sampler · size",
    "status": "status",
    "epochs": "epochs",
    "valid_roc_auc": "valid ROC-AUC",
    "test_roc_auc": "test ROC-AUC",
    "test_pr_auc": "PR-AUC",
    "test_f1": "F1",
    "test_precision": "precision",
    "test_recall": "recall",
    "test_accuracy": "accuracy",
}


def show_run(console: Console, run: Run, ui: str | None = None) -> None:
    """The leaderboard, the verdict and where everything lies; or how far the run has come."""
    evaluation = Evaluation.of(run.path)
    if not evaluation.finished:
        done = ", ".join(run.manifest["stages"]) or "none"
        console.print(f"run {run.id} is not finished; stages done: {done}")
        return
    verdict = evaluation.verdict()
    console.print(_leaderboard(evaluation.leaderboard(), verdict.winner))
    console.print(f"\n{verdict.sentence}\n", style="bold")
    places = {
        "report": Report.of(run.path).path,
        "W&B files": run.path / "wandb",
        "validation docs": Validation.of(run.path).docs / "index.html",
        "embeddings": evaluation.embeddings_file(verdict.winner),
    }
    for name, path in places.items():
        if path.exists():
            console.print(f"{name:>16}  {_short(path)}", soft_wrap=True)
    if ui:
        console.print(f"{'Prefect UI':>16}  {ui}", soft_wrap=True)
    _stages(console, run)


def _leaderboard(board: pd.DataFrame, winner: str) -> Table:
    columns = dict(_COLUMNS)
    if board[PROBE].nunique() > 1:
        columns = {"name": columns["name"], PROBE: "probe"} | columns
    table = Table(header_style="bold", row_styles=["", "dim"])
    for column, title in columns.items():
        table.add_column(title, justify="left" if column in ("name", "status", PROBE) else "right")
    for row in board.to_dict("records"):
        cells = [_cell(row[column]) for column in columns]
        style = "bold green" if row["representation"] == winner else None if row["encoder"] else "cyan"
        table.add_row(*cells, style=style)
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
