"""Components of a metric are those of its definition."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from coles_ops.statistics import MAE, MSE, R2, ROC_AUC, Design, UndefinedError, estimate, gain, score

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


def test_r2_is_that_of_all_models_of_a_repeat_together():
    truth, folds = RNG.gamma(1, size=60), np.stack([RNG.permutation(60) % 5 for _ in range(2)])
    predictions = truth[:, None] + RNG.normal(size=(1, 2, 60, 1))
    found = score(R2, Design(truth, folds, np.arange(60)), predictions)
    np.testing.assert_allclose(found.values[0], [r2_score(truth, each) for each in predictions[0]])
    np.testing.assert_allclose(found.influence.sum(axis=-1), 0, atol=1e-12)


def test_the_influence_of_a_client_on_r2_is_what_leaving_him_out_moves():
    truth = RNG.gamma(1, size=200)
    predicted = truth + RNG.normal(size=200)
    influence = score(R2, Design.holdout(truth), predicted[None, None, :, None]).influence[0, 0]
    without = [r2_score(np.delete(truth, i), np.delete(predicted, i)) for i in range(200)]
    np.testing.assert_allclose(influence, r2_score(truth, predicted) - np.array(without), rtol=0.1, atol=1e-3)
    with pytest.raises(UndefinedError, match="R2 of 9 clients with one label"):
        value(R2, np.ones(9), RNG.random((9, 1)))
