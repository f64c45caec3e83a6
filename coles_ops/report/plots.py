"""The report's pictures, as SVG that stands in the page."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from coles_ops.artefacts.evaluation import REPRESENTATION, Evaluation
from coles_ops.artefacts.trial import METRIC
from coles_ops.artefacts.verdict import Verdict
from coles_ops.evaluation.curves import roc_points
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.report.figure import COLOURS, GREY, blank, styles, svg
from coles_ops.report.forest import forest
from coles_ops.statistics import Metric, calibrate
from coles_ops.targets import Target

_BANDS = 6  # most rows of which bands can be told apart


def by_size(trials: pd.DataFrame, target: Target, labels: np.ndarray, confidence: float) -> str:
    """The best tuning score of each encoder by embedding size, with its interval; none where one size was tried.

    Args:
        trials: the board of them.
        target: what they predict.
        labels: (N,) of the clients that tune.
        confidence: coverage of the interval, which is of these clients alone.
    """
    trials = trials[trials[METRIC].notna()]
    sizes = sorted(trials.embedding_size.unique())
    if len(sizes) < 2:
        return ""
    figure, axes = blank()
    for look, (encoder, found) in zip(styles(), trials.groupby("encoder"), strict=False):
        best = found.groupby("embedding_size")[METRIC].max()
        reach = norm.ppf((1 + confidence) / 2) * best.map(lambda score: target.error(score, labels))
        axes.fill_between(best.index, best - reach, best + reach, color=look["color"], alpha=0.12, linewidth=0)
        axes.plot(best.index, best, "-", label=encoder, **look)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{size:.0f}" for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="embedding size", ylabel=f"tuning {target.metric.title}")
    return svg(figure, legend=True)


def differences(verdict: Verdict) -> str:
    """How far every row is ahead of plain aggregates, with its interval; shaded, what does not matter."""
    rows = [row for _, group in reversed(forest(verdict).groups) for row in reversed([line.row for line in group])]
    figure, axes = blank(height=1.2 + 0.25 * len(rows))
    axes.axvspan(-verdict.delta, verdict.delta, color=GREY, alpha=0.2, linewidth=0)
    axes.axvline(0, color=GREY, linewidth=1)
    for place, row in enumerate(rows):
        low, high = row.interval or (row.difference, row.difference)
        reach = [[row.difference - low], [high - row.difference]]
        axes.errorbar([row.difference], [place], xerr=reach, fmt="D" if row.added else "o", color=COLOURS[row.added])
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=8)
    figure.supxlabel(f"difference of {verdict.metric} to plain aggregates", fontsize=10)  # wider than the axes
    return svg(figure)


def roc_curves(evaluation: Evaluation, probe: str, names: dict[str, str]) -> str:
    """ROC curves over the scored clients by rows (id to name) and a probe, of two classes."""
    figure, axes = blank(height=4.4)
    for look, (row, name) in zip(styles(), names.items(), strict=False):
        found = roc_points(evaluation.by_client(row, probe))
        assert found is not None, "of two classes there is a curve"
        axes.plot(found.false_positive_rate, found.true_positive_rate, color=look["color"], label=name)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xticks=np.linspace(0, 1, 6))
    return svg(figure, legend=True)


def calibration(evaluation: Evaluation, probe: str, names: dict[str, str], confidence: float) -> str:
    """What is so by what is predicted, in tenths of the predictions: the share of positives of two, or mean numbers."""
    out_of_fold = OutOfFold.of(evaluation.scored(*names, probe=probe), probe)
    shares = out_of_fold.metric.bounded
    figure, axes = blank(height=4.4)
    for look, (row, name) in zip(styles(), names.items(), strict=False):
        found = calibrate(out_of_fold.design, out_of_fold.predictions[row][..., -1], confidence, shares=shares)
        reach = [found.observed - found.low, found.high - found.observed]
        axes.errorbar(found.predicted, found.observed, reach, fmt="-", label=name, elinewidth=0.8, **look)
    ends = [min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])]
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle=":")
    labels = ("predicted probability", "share of positives") if shares else ("predicted", "actual, mean of a tenth")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    return svg(figure, legend=True)


def learning(curve: pd.DataFrame, names: dict[str, str], metric: Metric) -> str:
    """The score by the labels that taught the probe; where rows are few with its interval; nothing without a curve."""
    if not len(curve):
        return ""
    figure, axes = blank(height=4.0)
    few = curve[REPRESENTATION].nunique() <= _BANDS
    for look, (row, found) in zip(styles(), curve.groupby(REPRESENTATION), strict=False):
        if few:
            axes.fill_between(found.labels, found.low, found.high, color=look["color"], alpha=0.1, linewidth=0)
        axes.plot(found.labels, found.score, "-", label=names[str(row)], **look)
    sizes = sorted(curve.labels.unique())
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="labels that teach the probe", ylabel=metric.title)
    return svg(figure, legend=True)
