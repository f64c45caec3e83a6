"""The forest plot: how far every row is ahead of plain aggregates, with its interval, as boxes that fit any width."""

from dataclasses import dataclass
from itertools import groupby

from coles_ops.artefacts.verdict import Difference, Verdict
from coles_ops.evaluation.words import family_name
from coles_ops.report.scale import Scale

_MARGIN = 0.06  # of the width, on either side


@dataclass(frozen=True)
class Line:
    """A row of the plot; places are in percent of the width."""

    row: Difference
    left: float  # where the interval begins
    width: float
    dot: float


@dataclass(frozen=True)
class Forest:
    """The plot."""

    groups: list[tuple[str, list[Line]]]  # family and its rows, alone before added; the best of all families first
    ticks: list[tuple[float, str]]  # place and words
    zero: float
    delta: tuple[float, float]  # where differences that do not matter begin, and how wide they are


def forest(verdict: Verdict) -> Forest:
    """That of a verdict: the best of all families first, then families by their better row."""
    best = [row for row in verdict.compared if row.family not in {each.family for each in verdict.families}]
    better: dict[str, float] = {}
    for row in verdict.families:
        better[row.family] = max(better.get(row.family, row.difference), row.difference)
    rows = [*best, *sorted(verdict.families, key=lambda row: (-better[row.family], row.family, row.added))]
    ends = [end for row in rows for end in (row.interval or (row.difference, row.difference))]
    scale = Scale.around([-verdict.delta, verdict.delta, *ends], _MARGIN)

    def line(row: Difference) -> Line:
        left, width = scale.span(*(row.interval or (row.difference, row.difference)))
        return Line(row, left, width, scale.place(row.difference))

    return Forest(
        groups=[(family_name(name), [line(row) for row in group]) for name, group in groupby(rows, lambda r: r.family)],
        ticks=[(scale.place(tick), f"{tick:+.3g}" if tick else "0") for tick in scale.ticks()],
        zero=scale.place(0),
        delta=scale.span(-verdict.delta, verdict.delta),
    )
