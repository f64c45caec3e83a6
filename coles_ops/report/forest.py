"""The forest plot: how far every row is ahead of plain aggregates, with its interval, as boxes that fit any width."""

from dataclasses import dataclass
from itertools import groupby

from matplotlib.ticker import MaxNLocator

from coles_ops.artefacts.verdict import Difference, Verdict
from coles_ops.evaluation.words import family_name

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
    low, high = min(-verdict.delta, *ends), max(verdict.delta, *ends)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    def line(row: Difference) -> Line:
        begin, end = row.interval or (row.difference, row.difference)
        return Line(row, place(begin), round(place(end) - place(begin), 2), place(row.difference))

    ticks = [tick for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high) if low < tick < high]
    return Forest(
        groups=[(family_name(name), [line(row) for row in group]) for name, group in groupby(rows, lambda r: r.family)],
        ticks=[(place(tick), f"{tick:+.3g}" if tick else "0") for tick in map(float, ticks)],
        zero=place(0),
        delta=(place(-verdict.delta), round(place(verdict.delta) - place(-verdict.delta), 2)),
    )
