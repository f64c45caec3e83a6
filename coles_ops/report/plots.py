"""The report's pictures, as SVG that stands in the page."""

import io

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from sklearn.metrics import roc_curve

from coles_ops.artefacts.evaluation import REPRESENTATION, Evaluation, Verdict
from coles_ops.artefacts.trial import METRIC, Status
from coles_ops.artefacts.trials import Trials
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.schema import LABEL
from coles_ops.statistics import Metric, calibrate

_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c4571b", "#8a8f98"
_ENCODERS = ["#1f5fa8", "#c4571b", "#2c8a57", "#8456a8", "#a8881f"]


def differences(verdict: Verdict) -> str:
    """What each row is ahead of the aggregates, with its interval, against zero and delta; none without an interval."""
    rows = [(row, row.interval) for row in (*reversed(verdict.others), verdict.compared) if row.interval]
    if not rows:
        return ""
    figure, axes = _axes(7, 1.2 + 0.35 * len(rows))
    axes.axvspan(-verdict.delta, verdict.delta, color=_GREY, alpha=0.2, linewidth=0)
    axes.axvline(0, color=_GREY, linewidth=1)
    for y, (row, ends) in enumerate(rows):
        color = _BLUE if row.representation == verdict.winner else _ORANGE
        axes.plot(ends, [y, y], color=color, linewidth=4, solid_capstyle="round")
        axes.plot(row.difference, y, "o", color=color, markersize=10)
    reach = 1.15 * max(0.02, *(abs(end) for _, ends in rows for end in ends))
    axes.set(
        xlim=(-reach, reach),
        ylim=(-0.6, len(rows) - 0.4),
        xlabel=f"← aggregates ahead   |   difference of {verdict.metric}, grey: within delta   |   ahead →",
    )
    axes.set_yticks(range(len(rows)), [row.name for row, _ in rows])
    axes.spines["left"].set_visible(False)
    return _svg(figure)


def whiskers(board: pd.DataFrame, winner: str, metric: Metric) -> str:
    """The score of every row with its interval."""
    found, key = board.iloc[::-1], metric.key
    figure, axes = _axes(8, 1 + 0.28 * len(found))
    for y, row in enumerate(found.to_dict("records")):
        color = _BLUE if row[REPRESENTATION] == winner else _ORANGE
        axes.plot([row[f"{key}_low"], row[f"{key}_high"]], [y, y], color=color, linewidth=2)
        axes.plot(row[key], y, "o", color=color, markersize=6)
    axes.axvline(metric.chance or 0.0, color=_GREY, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(found)), found["name"])
    axes.set(xlabel=f"{metric.title}, with its interval (blue: CoLES)", ylim=(-0.7, len(found) - 0.3))
    return _svg(figure)


def by_size(trials: pd.DataFrame, metric: Metric) -> str:
    """Best tuning score of each encoder by embedding size."""
    trials = trials[trials[METRIC].notna()]
    figure, axes = _axes(7, 3.6)
    for color, (encoder, found) in zip(_ENCODERS, trials.groupby("encoder"), strict=False):
        best = found.groupby("embedding_size")[METRIC].max()
        axes.plot(best.index, best, "o-", color=color, label=encoder)
    sizes = sorted(trials.embedding_size.unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{size:.0f}" for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="embedding size", ylabel=f"tuning {metric.title}")
    axes.legend(frameon=False, bbox_to_anchor=(1.02, 1), loc="upper left")
    return _svg(figure)


def curves(trials: Trials, metric: Metric) -> str:
    """Loss and validation probe of every trial by step; those that were out after a round are faint."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, 2)
    shown = [trial for trial in trials.records() if trial.status is not Status.FAILED]
    encoders = sorted({trial.training.encoder.name for trial in shown})
    for trial in shown:
        probes = trials.folder(trial.trial).progress()
        color = _ENCODERS[encoders.index(trial.training.encoder.name) % len(_ENCODERS)]
        for axes, key in zip(panels, ("loss", METRIC), strict=True):
            strength = 0.9 if trial.status is Status.FINISHED else 0.35
            axes.plot([p.step for p in probes], [getattr(p, key) for p in probes], ".-", color=color, alpha=strength)
    for axes, title in zip(panels, ("training loss", f"probe {metric.title}, clients that tune"), strict=True):
        axes.set(xlabel="optimiser step", title=title)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        _clean(axes)
    for color, encoder in zip(_ENCODERS, encoders, strict=False):
        panels[1].plot([], [], color=color, label=encoder)
    panels[1].legend(frameon=False, bbox_to_anchor=(1.02, 1), loc="upper left")
    return _svg(figure)


def roc_curves(evaluation: Evaluation, probe: str, names: dict[str, str]) -> str:
    """ROC curves over the scored clients by rows (id to name) and a probe, of two classes."""
    figure, axes = _axes(4.6, 4.2)
    for color, (row, name) in zip(_ENCODERS, names.items(), strict=False):
        found = evaluation.by_client(row, probe)
        false, true, _ = roc_curve(found[LABEL], found["p_1"])
        axes.plot(false, true, color=color, label=name)
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xticks=np.linspace(0, 1, 6))
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    return _svg(figure)


def calibration(evaluation: Evaluation, probe: str, names: dict[str, str], confidence: float) -> str:
    """What is so by what is predicted, in tenths of the predictions: the share of positives of two, or mean numbers."""
    out_of_fold = OutOfFold.of(evaluation.scored(probe=probe), probe)
    shares = out_of_fold.metric.bounded
    figure, axes = _axes(4.6, 4.2)
    for color, (row, name) in zip(_ENCODERS, names.items(), strict=False):
        found = calibrate(out_of_fold.design, out_of_fold.predictions[row][..., -1], confidence, shares=shares)
        reach = [found.observed - found.low, found.high - found.observed]
        axes.errorbar(found.predicted, found.observed, reach, fmt="o-", color=color, label=name, elinewidth=0.8)
    ends = [min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])]
    axes.plot(ends, ends, color=_GREY, linewidth=1, linestyle=":")
    labels = ("predicted probability", "share of positives") if shares else ("predicted", "actual, mean of a tenth")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend(frameon=False, fontsize=9)
    return _svg(figure)


def learning(curve: pd.DataFrame, names: dict[str, str], metric: Metric) -> str:
    """The score by the number of labels that taught the probe, with its interval; none without a curve."""
    if not len(curve):
        return ""
    figure, axes = _axes(7, 3.6)
    for color, (row, found) in zip(_ENCODERS, curve.groupby(REPRESENTATION), strict=False):
        axes.fill_between(found.labels, found.low, found.high, color=color, alpha=0.12, linewidth=0)
        axes.plot(found.labels, found.score, "o-", color=color, label=names[str(row)])
    sizes = sorted(curve.labels.unique())
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="labels that teach the probe", ylabel=metric.title)
    axes.legend(frameon=False, bbox_to_anchor=(1.02, 1), loc="upper left")
    return _svg(figure)


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    _clean(axes)
    return figure, axes


def _clean(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _svg(figure: Figure) -> str:
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a name may hold dollars
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "coles", "font.family": "sans-serif"}):
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    return svg[svg.index("<svg") :]
