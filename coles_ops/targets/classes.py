"""A target that is one of some classes: probabilities, compared by ROC-AUC.

C clients, N of them in a part, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from coles_ops import metrics
from coles_ops.targets.base import Predicted, Side, Target

if TYPE_CHECKING:
    import pandas as pd

    from coles_ops.statistics.metrics import Metric


class Classes(Target):
    """One of K classes; labels are their codes, -1 where there is none. Of two, the second is the positive one."""

    titles: ClassVar[dict[str, str]] = {
        "roc_auc": "ROC-AUC",
        "gini": "Gini",
        "ks": "KS",
        "pr_auc": "PR-AUC",
        "base_rate": "base rate",
        "lift_10": "lift 10 %",
        "log_loss": "log-loss",
        "brier": "Brier",
        "f1": "F1",
        "precision": "precision",
        "recall": "recall",
        "accuracy": "accuracy",
    }
    brief: ClassVar[tuple[str, ...]] = tuple(titles)[:9]

    kind: Literal["classes"] = "classes"
    names: tuple[str, ...] = ()  # (K,) in the order of their codes; none where nobody has a label

    @property
    def metric(self) -> Metric:
        """ROC-AUC; of more than two classes each against the rest."""
        from coles_ops.statistics.metrics import ROC_AUC

        return ROC_AUC

    @property
    def columns(self) -> list[str]:
        """Probabilities p_0 .. p_{K-1}."""
        return [f"p_{k}" for k in range(len(self.names))]

    def encode(self, texts: pd.Series) -> np.ndarray:
        """Codes."""
        return texts.map({name: code for code, name in enumerate(self.names)}).fillna(-1).astype(np.int64).to_numpy()

    def known(self, labels: np.ndarray) -> np.ndarray:
        """From 0 on."""
        return labels >= 0

    def text(self, label: float) -> str:
        """The name of the class."""
        return self.names[int(label)] if label >= 0 else ""

    def strata(self, labels: np.ndarray) -> np.ndarray:
        """The classes."""
        return labels

    def contrasts(self, labels: np.ndarray) -> np.ndarray:
        """Each class that is there against the rest: 1 and 0."""
        return (labels[:, None] == np.unique(labels)).astype(float)

    def sides(self, labels: np.ndarray) -> list[Side]:
        """Each class against the rest, by ROC-AUC; of two the second, which tells the first, too."""
        found = []
        for code, name in list(enumerate(self.names))[1 if len(self.names) == 2 else 0 :]:
            member = labels == code
            ones = int(np.count_nonzero(member))
            error = float(np.sqrt((len(labels) + 1) / (12 * max(ones * (len(labels) - ones), 1))))
            found.append(Side(name, member.astype(float), "ROC-AUC", partial(_roc_auc, member), 0.5, error))
        return found

    def too_few(self, labels: np.ndarray, rows: np.ndarray, least: int, where: str) -> str:
        """That a class is rare."""
        counts = np.bincount(labels[rows], minlength=len(self.names))  # (K,)
        rare = int(counts.argmin())
        if counts[rare] >= least:
            return ""
        return (
            f"class {self.names[rare]!r} has {np.count_nonzero(labels == rare)} labelled clients, of whom "
            f"{counts[rare]} would be {where}; at least {least} are needed there: join it with another "
            "class (dataset.classes), label more clients, or set fewer folds (evaluation.protocol)"
        )

    def constant(self, labels: np.ndarray) -> str:
        """That there is one class."""
        there = np.unique(labels[self.known(labels)]).tolist()
        if len(there) > 1:
            return ""
        found = ", ".join(self.names[code] for code in there) or "none"
        return f"the labelled clients are of {len(there)} class(es), {found}: at least 2 are needed"

    def alone(self, truth: np.ndarray, groups: np.ndarray) -> str:
        """The one client, or group, of a class."""
        for code, name in enumerate(self.names):
            if len(np.unique(groups[truth == code])) < 2:
                of_one = "client" if np.count_nonzero(truth == code) == 1 else "group of clients"
                return f"of class {name!r} a single {of_one}"
        return ""

    def counts(self, labels: np.ndarray) -> dict[str, float]:
        """Clients of each class."""
        found = np.bincount(labels[self.known(labels)], minlength=len(self.names))
        return dict(zip(self.names, found.tolist(), strict=True))

    def score(self, parts: Sequence[Predicted]) -> float:
        """Mean ROC-AUC: only what one model predicted is ranked among each other."""
        return float(np.mean([metrics.roc_auc(*part) for part in parts]))

    def scores(self, truth: np.ndarray, predicted: np.ndarray, threshold: np.ndarray | float) -> dict[str, float]:
        """Of ranks, of probabilities and of decisions, with the base rate beside them."""
        return metrics.scores(truth, predicted, threshold)

    def threshold(self, truth: np.ndarray, predicted: np.ndarray) -> float:
        """That with the best F1."""
        return metrics.best_threshold(truth, predicted)

    def error(self, score: float, labels: np.ndarray) -> float:
        """By Hanley and McNeil, the mean over classes."""
        from coles_ops.statistics.closed import auc_error

        counts = np.unique(labels, return_counts=True)[1]
        return float(np.mean([auc_error(score, count, len(labels) - count) for count in counts]))

    def best_of_noise(self, trials: int, labels: np.ndarray) -> tuple[float, float]:
        """By the error of a ROC-AUC of one half, the mean over classes."""
        from coles_ops.statistics.selection import best_of_noise, chance_error

        counts = np.unique(labels, return_counts=True)[1]
        error = float(np.mean([chance_error(count, len(labels) - count) for count in counts]))
        return best_of_noise(trials, error)


def _roc_auc(member: np.ndarray, features: np.ndarray) -> np.ndarray:
    """(F,) of features (N, F) the ROC-AUC for members (N,), whichever way it points."""
    from scipy.stats import rankdata

    ranks, n = rankdata(features, axis=0), np.count_nonzero(member)
    auc = (ranks[member].sum(axis=0) - n * (n + 1) / 2) / (n * (len(member) - n))
    return np.maximum(auc, 1 - auc)
