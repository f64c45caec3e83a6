"""The pictures of the page, as SVG: what the workspace in W&B shows, of the runs of one question."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from coles_ops.dashboards.gather import RUN
from coles_ops.report.cost import with_intervals
from coles_ops.report.figure import GREY, blank, styles, svg
from coles_ops.tracking import names

_COLOURS = mpl.colormaps["cividis_r"]  # dark is better; the colour-blind see the same order
_LABELS = 24  # characters of a value beside an axis


def search(tried: pd.DataFrame, keys: Sequence[str], metric: str) -> str:
    """Parallel coordinates: a line a trial through what differs among them to its score; empty where nothing does."""
    tried = tried[tried[names.TUNING].notna()].sort_values(names.TUNING)
    axes_of = [key for key in keys if key in tried and tried[key].astype(str).nunique() > 1]
    if not axes_of:
        return ""
    columns = [*axes_of, names.TUNING]
    places, ticks = zip(*(_places(tried[key]) for key in columns), strict=True)
    figure, axes = blank(height=4.2)
    axes.spines[["left", "bottom"]].set_visible(False)
    ranks = np.argsort(np.argsort(tried[names.TUNING].to_numpy())) / max(1, len(tried) - 1)  # (trials,)
    for line, rank in zip(np.column_stack(places), ranks, strict=True):
        axes.plot(range(len(columns)), line, color=_COLOURS(rank), linewidth=1.4, alpha=0.85)
    for x, marks in enumerate(ticks):
        axes.axvline(x, color=GREY, linewidth=0.8)
        side, shift = ("left", 0.04) if x < len(columns) - 1 else ("right", -0.04)
        for place, words in marks:
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.5}
            axes.text(x + shift, place, words, ha=side, va="center", fontsize=8, bbox=box)
    titles = [names.short(key).replace(".", "\n") for key in axes_of]
    axes.set_xticks(range(len(columns)), [*titles, f"tuning\n{metric}"], fontsize=8)
    axes.set(yticks=[], ylim=(-0.06, 1.06))
    axes.tick_params(length=0)
    return svg(figure)


def _places(values: pd.Series) -> tuple[np.ndarray, list[tuple[float, str]]]:
    """Where values lie on an axis from 0 to 1 (V,), and its marks: numbers by size, anything else by name."""
    if pd.api.types.is_numeric_dtype(values) and values.notna().all():
        low, high = float(values.min()), float(values.max())
        return (values.to_numpy() - low) / ((high - low) or 1), [(0, f"{low:.4g}"), (1, f"{high:.4g}")]
    texts = values.where(values.notna(), "none").astype(str)
    found = sorted(texts.unique())
    place = {text: number / max(1, len(found) - 1) for number, text in enumerate(found)}
    return texts.map(place).to_numpy(), [(place[text], text[:_LABELS]) for text in found]


def kinds(tried: pd.DataFrame, keys: Sequence[str], metric: str) -> str:
    """The tuning score of every trial by each of these options, and the best of each value."""
    tried = tried[tried[names.TUNING].notna()]
    figure = Figure(figsize=(5.0, 3.8), layout="constrained")
    every = np.atleast_1d(figure.subplots(1, len(keys), sharey=True))
    for axes, key, look in zip(every, keys, styles(), strict=False):
        found = dict(sorted(tried.groupby(key)[names.TUNING]))
        for place, scores in enumerate(found.values()):
            axes.plot([place] * len(scores), scores, "o", color=look["color"], alpha=0.35, markeredgewidth=0)
            axes.plot([place - 0.3, place + 0.3], [scores.max()] * 2, color=look["color"], linewidth=2.5)
        words = [f"{value:g}" if isinstance(value, float) else str(value)[:_LABELS] for value in found]
        axes.set_xticks(range(len(found)), words, rotation=30, ha="right", rotation_mode="anchor", fontsize=8)
        axes.set(title=names.short(key), xlim=(-0.6, len(found) - 0.4))
        axes.spines[["top", "right"]].set_visible(False)
    every[0].set_ylabel(f"tuning {metric}")
    return svg(figure)


def retrains(rows: pd.DataFrame, shown: dict[str, str], metric: str) -> str:
    """Scores of rows (id to name) by the time their run began; empty where there is one run."""
    if rows[RUN].nunique() < 2:
        return ""
    figure, axes = blank(height=4.0)
    for look, (row, name) in zip(styles(), shown.items(), strict=False):
        own = rows[rows[names.WHAT] == row].assign(when=lambda found: pd.to_datetime(found[names.CREATED], utc=True))
        own = own.sort_values("when")
        with_intervals(axes, own["when"].dt.tz_localize(None), own, fmt="-", label=name, elinewidth=0.8, **look)
    locator = AutoDateLocator(maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set(xlabel="begin of the run, UTC", ylabel=metric)
    return svg(figure, legend=True)
