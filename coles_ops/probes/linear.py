"""A linear probe: a line through the features; quick enough to be fitted while encoders train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field
from scipy.sparse import issparse

from coles_ops.features import Features
from coles_ops.probes.base import PROBES, Fitting, Labelled, Predict, Probe
from coles_ops.probes.columns import varying
from coles_ops.targets import Target

if TYPE_CHECKING:
    from sklearn.preprocessing import StandardScaler

_TUNING = 0.1  # C while encoders train
_AS_STRONG = 4  # penalties of ridge by those of a logistic regression, whose curvature is at most a quarter


@PROBES.register("linear")
class Linear(Probe):
    """A line through standardised features, shrunk as is best within the training clients.

    Of classes it is a logistic regression, of a number, standardised too, ridge regression (Hoerl and Kennard 1970).
    Sparse counts, which have one unit, are divided by the root of their deviation alone (Pareto scaling: van den Berg
    et al., BMC Genomics 2006), so that thousands of rare codes do not drown the frequent ones.
    """

    name: Literal["linear"] = Field("linear", description="Logistic regression, of numbers ridge regression.")
    C: tuple[float, ...] = Field(
        (0.0003, 0.003, 0.03, 0.3), min_length=1, description="Inverse strengths of the L2 penalty that are tried."
    )

    @property
    def complexities(self) -> list[float]:
        """Values of C, rising."""
        return sorted(self.C)

    def seen(self, train: Labelled, how: Fitting) -> np.ndarray:
        """Of sparse counts all that vary: each says little, and the penalty keeps them small together."""
        return varying(train.features) if issparse(train.features) else super().seen(train, how)

    def path(self, train: Labelled, features: Features, how: Fitting) -> np.ndarray:
        """A fit of each."""
        return np.stack([self.model(train, C, how)(features) for C in self.complexities])

    def model(self, train: Labelled, complexity: float, how: Fitting) -> Predict:
        """Of one."""
        return _fit(train, complexity, how.target)


def linear_score(folds: list[tuple[Labelled, Labelled]], target: Target) -> float:
    """The target's metric over the second of each pair, by a line that was fitted on the first."""
    return target.score([(test.labels, _fit(train, _TUNING, target)(test.features)) for train, test in folds])


def _fit(train: Labelled, C: float, target: Target) -> Predict:
    from sklearn.linear_model import LogisticRegression, Ridge

    features = train.features.astype(np.float64)
    scaler = _scaler(features)
    if target.kind == "classes":
        line = LogisticRegression(C=C, max_iter=200).fit(scaler.transform(features), train.labels)
        return lambda features: line.predict_proba(scaler.transform(features.astype(np.float64)))
    mean, deviation = train.labels.mean(), train.labels.std()
    ridge = Ridge(_AS_STRONG / C).fit(scaler.transform(features), (train.labels - mean) / deviation)
    return lambda features: (mean + deviation * ridge.predict(scaler.transform(features.astype(np.float64))))[:, None]


def _scaler(features: Features) -> StandardScaler:
    """Of sparse ones by Pareto, and the deviations are on average what they were, so that C means the same."""
    from sklearn.preprocessing import StandardScaler

    if not issparse(features):
        return StandardScaler().fit(features)
    scaler = StandardScaler(with_mean=False).fit(features)
    scaler.scale_ = np.sqrt(scaler.scale_ * np.sqrt(scaler.var_.mean()))
    return scaler
