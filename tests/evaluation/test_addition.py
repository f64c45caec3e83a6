"""A candidate added to the aggregates: both are heard, and nothing is fitted."""

import numpy as np
import pandas as pd
import pytest

from coles_ops.evaluation.addition import added, inner_scores
from coles_ops.metrics import roc_auc
from coles_ops.statistics import R2, ROC_AUC, combined
from coles_ops.targets import Classes

CLASSES = Classes(names=("no", "yes"))


def proba(positive) -> np.ndarray:
    positive = np.asarray(positive, dtype=float)
    return np.stack([1 - positive, positive], axis=-1)


def test_ranks_are_averaged_by_hand():
    one, other = proba([0.50, 0.51, 0.49, 0.52]), proba([0.9, 0.1, 0.9, 0.2])  # ranks 2 3 1 4 and 3.5 1 3.5 2
    found = combined(ROC_AUC, one, other)
    assert found[:, 1].tolist() == pytest.approx([(5.5 - 1) / 8, (4 - 1) / 8, (4.5 - 1) / 8, (6 - 1) / 8])
    assert found.sum(axis=1).tolist() == pytest.approx([1] * 4)


def test_how_sure_a_model_is_of_itself_does_not_count():
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 50))
    sure = 1 / (1 + np.exp(-20 * (one - 0.5)))
    assert np.array_equal(combined(ROC_AUC, proba(sure), proba(other)), combined(ROC_AUC, proba(one), proba(other)))


def test_of_many_classes_a_row_added_to_itself_is_itself_and_added_to_another_no_worse_than_both():
    """Ranks by class that are brought to a sum of one are in another order: what helped was once said to harm."""
    rng, classes = np.random.default_rng(0), 20
    truth = np.arange(400) % classes
    logits = 6 * np.eye(classes)[truth] + 3 * rng.normal(size=(2, 400, classes))
    one, other = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    found = combined(ROC_AUC, one, other)
    assert found.sum(axis=-1) == pytest.approx(np.ones(400))
    assert roc_auc(truth, combined(ROC_AUC, one, one)) == pytest.approx(roc_auc(truth, one))
    assert roc_auc(truth, found) > max(roc_auc(truth, one), roc_auc(truth, other))


def test_numbers_are_averaged_as_they_are():
    assert combined(R2, np.array([[1.0], [3.0]]), np.array([[3.0], [7.0]])).tolist() == [[2], [5]]


def table(seed: int = 0, know: float = 1.0, n: int = 240) -> pd.DataFrame:
    """What training clients of two folds were predicted by two probes, in three inner folds each."""
    rng, label, found = np.random.default_rng(seed), np.arange(n) % 2, []
    for fold in (0, 1):
        for probe in ("catboost", "linear"):
            inner = np.arange(n) // 2 % 3
            value = know * label + rng.normal(size=n) + 100 * inner  # models that are not on one scale
            place = {"representation": "a", "seed": 0, "probe": probe, "repeat": 0, "fold": fold, "inner_fold": inner}
            found.append(
                pd.DataFrame({"client_id": range(n), "label": label, "p_0": -value, "p_1": value}).assign(**place)
            )
    return pd.concat(found)


def test_the_inner_score_is_that_of_each_inner_fold_by_itself():
    both = added(table(0), table(1), ["catboost", "linear"], ["inner_fold"], ROC_AUC)
    found = inner_scores(both, CLASSES)
    assert len(found) == 4
    alone = inner_scores(table(0), CLASSES)
    assert found.inner_score.gt(alone.inner_score).all()  # both know something that the other does not
    noise = inner_scores(added(table(0), table(2, know=0), ["catboost"], ["inner_fold"], ROC_AUC), CLASSES)
    assert noise.inner_score.lt(alone[alone.probe == "catboost"].inner_score.to_numpy()).all()
    one = both[(both.fold == 1) & (both.probe == "catboost")]
    by_hand = [roc_auc(each.label.to_numpy(), each[["p_0", "p_1"]].to_numpy()) for _, each in one.groupby("inner_fold")]
    assert found[(found.fold == 1) & (found.probe == "catboost")].inner_score.tolist() == [np.mean(by_hand)]
    assert found.threshold.between(0, 1).all()


def test_predictions_of_other_clients_are_not_combined():
    other = table(1).assign(client_id=lambda each: each.client_id + 1)
    with pytest.raises(AssertionError, match="the same clients"):
        added(table(0), other, ["catboost"], [], ROC_AUC)
