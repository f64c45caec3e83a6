"""Logistic regression: a line through the features; quick enough for every epoch."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coles_ops.evaluation.metrics import roc_auc
from coles_ops.evaluation.probes.base import PROBES, Fitting, Labelled, Predict


@PROBES.register("logistic_regression")
def logistic_regression(train: Labelled, _valid: Labelled, _how: Fitting) -> Predict:
    """On standardised features."""
    return _fit(train)


def linear_roc_auc(train: Labelled, valid: Labelled) -> float:
    """Validation ROC-AUC of a logistic regression."""
    return roc_auc(valid.labels, _fit(train)(valid.features))


def _fit(train: Labelled) -> Predict:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
    return model.fit(train.features, train.labels).predict_proba
