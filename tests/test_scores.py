"""Scores by hand, and by scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

from coles_ops.metrics import best_threshold, roc_auc, scores


def proba(positive) -> np.ndarray:
    positive = np.asarray(positive, dtype=float)
    return np.stack([1 - positive, positive], axis=1)


def test_scores_of_six_clients_by_hand():
    # predicted 1 1 1 1 0 0, true 1 0 0 1 1 0: 2 of 4 predicted are right, 2 of 3 positives are found.
    found = scores(np.array([1, 0, 0, 1, 1, 0]), proba([0.9, 0.8, 0.7, 0.6, 0.4, 0.1]))
    assert found["precision"] == pytest.approx(2 / 4)  # swapped arguments would give 2 / 3
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(4 / 7)
    assert found["accuracy"] == pytest.approx(3 / 6)
    assert found["roc_auc"] == pytest.approx(5 / 9)  # of 9 pairs, .9 wins 3, .6 wins 1, .4 wins 1
    assert found["gini"] == pytest.approx(1 / 9)
    assert found["pr_auc"] == pytest.approx((1 / 1 + 2 / 4 + 3 / 5) / 3)
    assert found["ks"] == pytest.approx(1 / 3)  # at .1: of the positives all are above, of the others two thirds
    assert found["base_rate"] == pytest.approx(1 / 2)
    assert found["lift_10"] == pytest.approx(2)  # the one highest is positive, of whom one half are


def test_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 300), np.round(rng.random(300), 1).clip(0.01, 0.99)  # with ties
    found = scores(truth, proba(score))
    assert found["roc_auc"] == pytest.approx(roc_auc_score(truth, score))
    assert found["log_loss"] == pytest.approx(log_loss(truth, score))
    assert found["brier"] == pytest.approx(brier_score_loss(truth, score))
    assert found["pr_auc"] == pytest.approx(average_precision_score(truth, score))
    three, code = rng.dirichlet(np.ones(3), 300), np.arange(300) % 3
    assert roc_auc(code, three) == pytest.approx(roc_auc_score(code, three, multi_class="ovr"))
    decided = precision_recall_fscore_support(code, three.argmax(axis=1), average="macro")
    of_three = scores(code, three)
    assert [of_three[name] for name in ("precision", "recall", "f1")] == pytest.approx(decided[:3])
    one_hot = np.eye(3)[code]
    assert of_three["pr_auc"] == pytest.approx(average_precision_score(one_hot, three, average="macro"))


def test_three_classes_are_averaged():
    truth = np.array([0, 0, 1, 1, 2, 2])
    right = np.eye(3)[truth]
    assert scores(truth, right)["roc_auc"] == scores(truth, right)["f1"] == 1
    assert scores(truth, np.roll(right, 1, axis=1))["accuracy"] == 0


def test_ties_at_the_edge_of_the_highest_tenth_count_by_their_share():
    truth = np.arange(100) % 4 == 0
    assert scores(truth.astype(int), proba(np.full(100, 0.5)))["lift_10"] == pytest.approx(1)
    assert scores(truth.astype(int), proba(truth / 2))["lift_10"] == pytest.approx(4)


def test_of_rare_positives_the_threshold_finds_some():
    """At one half nobody of a rare class was predicted, and F1 was 0."""
    rng = np.random.default_rng(0)
    truth = (rng.random(2000) < 0.02).astype(int)
    score = proba(0.02 + 0.1 * truth * rng.random(2000))
    assert scores(truth, score)["f1"] == 0
    threshold = best_threshold(truth, score)
    assert scores(truth, score, threshold)["f1"] > 0.9
    tried = [f1_score(truth, score[:, 1] >= t) for t in np.unique(score[:, 1])]
    assert scores(truth, score, threshold)["f1"] == pytest.approx(max(tried))
