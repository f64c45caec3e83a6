"""What each row cost beside its score."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from coles_ops.evaluation.rows import RANDOM
from coles_ops.evaluation.words import family_name
from coles_ops.report.figure import blank, styles, svg
from coles_ops.tracking import names
from coles_ops.tracking.records import Record


def costs(records: Sequence[Record]) -> pd.DataFrame:
    """A line a row, the cheapest first: what its record sums up, which row it is, its name and family.

    Args:
        records: of the rows of a run.
    """
    lines = [
        {
            names.WHAT: each.what,
            names.NAME: each.name,
            names.FAMILY: each.family,
            names.ADDED: each.config[names.ADDED],
            **dict.fromkeys((names.LOW, names.HIGH, names.PEAK)),
            **each.summary,
        }
        for each in records
    ]
    table = pd.DataFrame(lines).astype(dict.fromkeys((names.LOW, names.HIGH, names.PEAK), float))
    return table.sort_values(names.COST, kind="stable", ignore_index=True)


def draw_cost(rows: pd.DataFrame, metric: str) -> str:
    """Score with its interval by the seconds that it took, by family; what is added to the aggregates is hollow.

    The untrained twin, which nobody would choose, is not drawn.
    """
    figure, axes = blank(height=4.4)
    chosen_from = rows[rows[names.WHAT] != RANDOM]
    for look, (family, found) in zip(styles(), chosen_from.groupby(names.FAMILY, sort=False), strict=False):
        for added, own in found.groupby(names.ADDED):
            face = {"mfc": "white"} if added else {"label": family_name(str(family))}
            with_intervals(axes, own[names.COST], own, fmt=look["marker"], color=look["color"], **face)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 3), numticks=8))
    axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    axes.set(xlabel="seconds to search, describe and probe", ylabel=metric)
    return svg(figure, legend=True)


def with_intervals(axes: Axes, x: pd.Series, rows: pd.DataFrame, **look: Any) -> None:
    """Draw scores at ``x`` with their intervals, where there are any."""
    score = rows[names.SCORE]
    reach = [(score - rows[names.LOW]).fillna(0), (rows[names.HIGH] - score).fillna(0)]
    axes.errorbar(x, score, np.vstack(reach), **look)
