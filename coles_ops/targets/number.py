"""A target that is a number: a number is predicted, and compared by R2.

C clients, N of them in a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from coles_ops.schema import PREDICTION, DataError
from coles_ops.targets.base import Predicted, Side, Target

if TYPE_CHECKING:
    import pandas as pd

    from coles_ops.statistics.metrics import Metric

_STRATA = 10
_SHOWN = 3


class Number(Target):
    """A finite number; labels are float64, NaN where there is none."""

    titles: ClassVar[dict[str, str]] = {
        "r2": "R2",
        "spearman": "Spearman",
        "mae": "MAE",
        "rmse": "RMSE",
        "label_mean": "mean of the label",
        "label_deviation": "its deviation",
    }
    brief: ClassVar[tuple[str, ...]] = tuple(titles)

    kind: Literal["number"] = "number"

    @property
    def metric(self) -> Metric:
        """R2, the share of the label's variance that is told."""
        from coles_ops.statistics.metrics import R2

        return R2

    @property
    def columns(self) -> list[str]:
        """The number itself."""
        return [PREDICTION]

    def encode(self, texts: pd.Series) -> np.ndarray:
        """The numbers; raises DataError where a text is none, or not a finite one."""
        import pandas as pd

        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(float)  # not to the last bit
        if len(wrong := texts[texts.notna() & ~np.isfinite(numbers)]):
            shown = ", ".join(map(repr, wrong.unique()[:_SHOWN].tolist()))
            raise DataError(
                f"{len(wrong):,} labels are no finite numbers, such as {shown}: mend them, or leave them out"
            )
        return texts.astype(object).where(texts.notna(), np.nan).to_numpy().astype(float)

    def known(self, labels: np.ndarray) -> np.ndarray:
        """Those that are numbers."""
        return ~np.isnan(labels)

    def text(self, label: float) -> str:
        """To four digits."""
        return f"{label:,.4g}" if np.isfinite(label) else ""

    def strata(self, labels: np.ndarray) -> np.ndarray:
        """Tenths of the labels; fewer where many are equal."""
        known = self.known(labels)
        found = np.full(len(labels), -1)
        if known.any():
            edges = np.unique(np.quantile(labels[known], np.linspace(0, 1, _STRATA + 1)[1:-1]))
            found[known] = np.searchsorted(edges, labels[known], side="right")
        return found

    def contrasts(self, labels: np.ndarray) -> np.ndarray:
        """The ranks of the numbers, from their mean."""
        from scipy.stats import rankdata

        return (rankdata(labels) - (len(labels) + 1) / 2)[:, None]

    def sides(self, labels: np.ndarray) -> list[Side]:
        """The numbers, by Spearman's correlation."""
        if len(labels) < 2:
            return []
        error = 1 / float(np.sqrt(len(labels) - 1))
        return [Side(None, labels, "Spearman correlation", partial(_agreement, labels), 0.0, error)]

    def too_few(self, labels: np.ndarray, rows: np.ndarray, least: int, where: str) -> str:
        """That there are few clients, or that their labels are all the same."""
        own, advice = labels[rows], "label more clients, or set fewer folds (evaluation.protocol)"
        if len(own) < least:
            there = f"{np.count_nonzero(self.known(labels))} clients have a label, of whom {len(own)} would be {where}"
            return f"{there}; at least {least} are needed there: {advice}"
        if not np.ptp(own) > 0:
            return f"of {len(own)} clients that would be {where} all labels are {own[0]:g}: {advice}"
        return ""

    def constant(self, labels: np.ndarray) -> str:
        """That all labels are one number."""
        there = np.unique(labels[self.known(labels)])
        if len(there) > 1:
            return ""
        found = f"all labels are {there[0]:g}" if len(there) else "no client has a label"
        return f"{found}: at least 2 different numbers are needed"

    def alone(self, truth: np.ndarray, groups: np.ndarray) -> str:
        """The one client, or group, that is scored."""
        if len(np.unique(groups)) > 1:
            return ""
        return "a single client" if len(truth) == 1 else "a single group of clients"

    def counts(self, labels: np.ndarray) -> dict[str, float]:
        """How many, and how they are spread."""
        own = labels[self.known(labels)]
        if not len(own):
            return {"clients": 0}
        figures = {"mean": own.mean(), "deviation": own.std(), "least": own.min(), "median": np.median(own)}
        figures["greatest"] = own.max()
        return {"clients": len(own), **{name: float(figure) for name, figure in figures.items()}}

    def score(self, parts: Sequence[Predicted]) -> float:
        """R2 over all of them: models that predict a number predict on one scale."""
        truth = np.concatenate([truth for truth, _ in parts])
        return _r2(truth, np.concatenate([predicted for _, predicted in parts])[:, 0])

    def scores(self, truth: np.ndarray, predicted: np.ndarray, threshold: np.ndarray | float) -> dict[str, float]:  # noqa: ARG002
        """Of squared and absolute errors and of ranks, with what the labels are like beside them."""
        own = predicted[:, 0]
        return {
            "r2": _r2(truth, own),
            "spearman": float(_correlation(truth, predicted)[0]),
            "mae": float(np.abs(own - truth).mean()),
            "rmse": float(np.sqrt(np.square(own - truth).mean())),
            "label_mean": float(truth.mean()),
            "label_deviation": float(truth.std()),
        }

    def threshold(self, truth: np.ndarray, predicted: np.ndarray) -> float:  # noqa: ARG002
        """None."""
        return float("nan")

    def error(self, score: float, labels: np.ndarray) -> float:
        """By Olkin and Finn."""
        from coles_ops.statistics.closed import r2_error

        return r2_error(score, len(labels))

    def best_of_noise(self, trials: int, labels: np.ndarray) -> tuple[float, float]:
        """At most so much: R2 is no more than the squared correlation, which of noise has one degree of freedom."""
        from coles_ops.statistics.selection import best_r2_of_noise

        return best_r2_of_noise(trials, len(labels))


def _r2(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Of a constant label it is not defined."""
    return float(1 - np.square(predicted - truth).mean() / truth.var())


def _correlation(truth: np.ndarray, features: np.ndarray) -> np.ndarray:
    """(F,) Spearman's correlation of features (N, F) with labels (N,); 0 of a constant."""
    from scipy.stats import rankdata

    one, others = (ranks - ranks.mean(axis=0) for ranks in (rankdata(truth), rankdata(features, axis=0)))
    spread = np.sqrt(np.square(one).sum() * np.square(others).sum(axis=0))
    return one @ others / np.where(spread > 0, spread, 1)


def _agreement(truth: np.ndarray, features: np.ndarray) -> np.ndarray:
    """(F,) the same without its sign."""
    return np.abs(_correlation(truth, features))
