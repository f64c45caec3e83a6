"""Components of a metric are those of its definition."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from coles_ops.statistics import MAE, MSE, ROC_AUC, Design, UndefinedError, estimate, gain, score

RNG = np.random.default_rng(0)


def value(metric, truth, predictions) -> float:
    """By one model."""
    return float(estimate(score(metric, Design.holdout(truth), predictions[None, None])).value)


def test_roc_auc_is_that_of_sklearn_with_ties():
    truth, scores = RNG.integers(0, 2, 60), np.round(RNG.random(60), 1)
    expected = roc_auc_score(truth, scores)
    assert value(ROC_AUC, truth, scores[:, None]) == pytest.approx(expected)
    assert value(ROC_AUC, truth, np.stack([1 - scores, scores], axis=1)) == pytest.approx(expected)


def test_of_three_classes_each_stands_against_the_rest():
    truth, scores = np.arange(60) % 3, RNG.dirichlet([1, 1, 1], 60)
    assert value(ROC_AUC, truth, scores) == pytest.approx(roc_auc_score(truth, scores, multi_class="ovr"))


def test_losses_are_means_and_less_of_them_is_better():
    truth, near, far = np.array([1.0, 2.0, 4.0]), np.array([[1.5], [2.0], [3.0]]), np.array([[0.0], [0.0], [0.0]])
    assert value(MAE, truth, near) == pytest.approx(0.5)
    assert value(MSE, truth, near) == pytest.approx(1.25 / 3)
    design = Design.holdout(truth)
    one, other = (score(MAE, design, each[None, None]) for each in (near, far))
    assert estimate(gain(one, other)).value == pytest.approx(7 / 3 - 0.5)


def test_one_class_alone_has_no_roc_auc():
    with pytest.raises(UndefinedError, match="of 0 clients of a class and 9 others"):
        value(ROC_AUC, np.zeros(9), RNG.random((9, 2)))
