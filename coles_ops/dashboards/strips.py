"""Scores and their intervals as boxes that fit any width: a strip a row, the newest run over those before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from coles_ops.dashboards.gather import Question
from coles_ops.evaluation.rows import AGGREGATES
from coles_ops.evaluation.words import family_name
from coles_ops.report.scale import Scale
from coles_ops.tracking import names
from coles_ops.tracking.records import Record

_MARGIN = 0.04  # of the width, on either side


@dataclass(frozen=True)
class Strip:
    """A row of the newest run; places are in percent of the width."""

    record: Record
    left: float  # where the interval begins
    width: float
    dot: float
    earlier: list[float]  # the same row in runs before


@dataclass(frozen=True)
class Strips:
    """The plot."""

    groups: list[tuple[str, list[Strip]]]  # family and its rows, in the order of the leaderboard
    ticks: list[tuple[float, str]]  # place and words
    baseline: float  # plain aggregates of the newest run


def strips(question: Question) -> Strips:
    """Those of a question."""
    newest, *before = question.told
    found = [(each, _interval(each)) for each in newest.rows]
    earlier: dict[str, list[float]] = {record.what: [] for record in newest.rows}
    for each in before:
        for record in each.rows:
            earlier.get(record.what, []).append(record.summary[names.SCORE])
    ends = [
        *(end for _, interval in found for end in interval),
        *(score for each in earlier.values() for score in each),
    ]
    scale = Scale.around(ends, _MARGIN)

    def lines(family: str) -> Iterator[Strip]:
        for record, (begin, end) in found:
            if record.family == family:
                left, width = scale.span(begin, end)
                dots = [scale.place(score) for score in earlier[record.what]]
                yield Strip(record, left, width, scale.place(record.summary[names.SCORE]), dots)

    families = [family for family, _ in groupby(newest.rows, lambda record: record.family)]
    return Strips(
        groups=[(family_name(family), list(lines(family))) for family in dict.fromkeys(families)],
        ticks=[(scale.place(tick), f"{tick:.3g}") for tick in scale.ticks()],
        baseline=next(scale.place(each.summary[names.SCORE]) for each in newest.rows if each.what == AGGREGATES),
    )


def _interval(record: Record) -> tuple[float, float]:
    score = record.summary[names.SCORE]
    return record.summary.get(names.LOW, score), record.summary.get(names.HIGH, score)
