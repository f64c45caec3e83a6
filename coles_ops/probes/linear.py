"""A linear probe: a line through the features; quick enough to be fitted while encoders train."""

from typing import Literal

import numpy as np
from pydantic import Field

from coles_ops.metrics import roc_auc
from coles_ops.probes.base import PROBES, Fitting, Labelled, Predict, Probe

_TUNING = 0.1  # C while encoders train


@PROBES.register("linear")
class Linear(Probe):
    """Logistic regression on standardised features, shrunk as is best within the training clients."""

    name: Literal["linear"] = Field("linear", description="A line through the features: logistic regression.")
    C: tuple[float, ...] = Field(
        (0.0003, 0.003, 0.03, 0.3), min_length=1, description="Inverse strengths of the L2 penalty that are tried."
    )

    @property
    def complexities(self) -> list[float]:
        """Values of C, rising."""
        return sorted(self.C)

    def path(self, train: Labelled, features: np.ndarray, how: Fitting) -> np.ndarray:
        """A fit of each."""
        return np.stack([self.model(train, C, how)(features) for C in self.complexities])

    def model(self, train: Labelled, complexity: float, how: Fitting) -> Predict:  # noqa: ARG002
        """Of one."""
        return _fit(train, complexity)


def linear_score(train: Labelled, test: Labelled) -> float:
    """ROC-AUC of a logistic regression fitted on ``train`` over ``test``."""
    return roc_auc(test.labels, _fit(train, _TUNING)(test.features))


def _fit(train: Labelled, C: float) -> Predict:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=200))
    fitted = model.fit(train.features.astype(np.float64), train.labels)
    return lambda features: fitted.predict_proba(features.astype(np.float64))
