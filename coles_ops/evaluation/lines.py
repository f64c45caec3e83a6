"""The leaderboard as people read it, on the console, in Prefect and in the report: a line a row, by family."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from coles_ops.artefacts.evaluation import INNER, PROBE, REPRESENTATION
from coles_ops.artefacts.verdict import Difference, Verdict
from coles_ops.evaluation.words import family_name

_ABOUT = {  # a row, beside its scores
    INNER: "inner score",
    "seeds": "seeds",
    "candidates": "candidates",
    "n_features": "features",
    "embed_seconds": "seconds to describe",
    "evaluate_seconds": "seconds to probe",
}


@dataclass(frozen=True)
class Line:
    """A row of the long table; None stands for what it has not."""

    row: str
    name: str
    family: str  # as people call it
    added: bool
    score: float
    interval: tuple[float, float] | None
    told: Difference | None  # to the aggregates; None of what is not compared
    others: dict[str, float]  # the score by every other probe
    figures: dict[str, Any]  # all by the first probe


def lines(board: pd.DataFrame, verdict: Verdict) -> list[Line]:
    """A line a row; those of a family stand together, the best first, and families by their best.

    Args:
        board: the leaderboard.
        verdict: of the same evaluation.
    """
    key = verdict.target.metric.key
    told = {row.representation: row for row in (*verdict.families, *verdict.compared)}
    other = board[board[PROBE] != verdict.probe]
    found = []
    for row in _records(board[board[PROBE] == verdict.probe]):
        by_others = other[other[REPRESENTATION] == row[REPRESENTATION]].set_index(PROBE)[key].to_dict()
        interval = None if row[f"{key}_low"] is None else (row[f"{key}_low"], row[f"{key}_high"])
        name, family = row[REPRESENTATION], family_name(row["family"])
        found.append(Line(name, row["name"], family, row["added"], row[key], interval, told.get(name), by_others, row))
    best: dict[str, float] = {}
    for line in found:
        best[line.family] = max(best.get(line.family, line.score), line.score)
    return sorted(found, key=lambda line: (-best[line.family], line.family, -line.score))


def columns(verdict: Verdict, brief: bool = True) -> dict[str, str]:
    """Figures of a line to their titles: scores that a narrow table has room for, or all that is known."""
    titles = verdict.target.titles
    apart = {verdict.target.metric.key} | ({"base_rate"} if brief else set())  # which is the same in every line
    names = [name for name in (verdict.target.brief if brief else titles) if name not in apart]
    return {name: titles[name] for name in names} | ({} if brief else _ABOUT)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")
