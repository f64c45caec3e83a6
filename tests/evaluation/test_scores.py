import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from coles_ops.config import Evaluation
from coles_ops.evaluation.bootstrap import auc_resamples, interval, resamples
from coles_ops.evaluation.metrics import scores
from coles_ops.evaluation.probe import Labelled, catboost_probe, linear_probe
from coles_ops.evaluation.verdict import compare, pick_winner, sentence


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
    assert found["pr_auc"] == pytest.approx((1 / 1 + 2 / 4 + 3 / 5) / 3)


def test_three_classes_are_averaged():
    truth = np.array([0, 0, 1, 1, 2, 2])
    right = np.eye(3)[truth]
    assert scores(truth, right)["roc_auc"] == scores(truth, right)["f1"] == 1
    assert scores(truth, np.roll(right, 1, axis=1))["accuracy"] == 0


def test_resampled_auc_is_that_of_sklearn():
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 50), np.round(rng.random(50), 1)  # with ties
    draws = resamples(truth, 20, seed=1)
    expected = [roc_auc_score(truth[d], score[d]) for d in draws]
    np.testing.assert_allclose(auc_resamples(truth, proba(score), draws), expected)
    assert (truth[draws].sum(axis=1) == truth.sum()).all()
    assert np.array_equal(draws, resamples(truth, 20, seed=1))


def test_an_interval_holds_its_share():
    assert interval(np.arange(1001.0), 0.9) == pytest.approx((50, 950))


@pytest.mark.parametrize(("quality", "better"), [(2.5, True), (0.0, None), (-2.5, False)])
def test_the_verdict_has_three_outcomes(quality, better):
    rng = np.random.default_rng(0)
    truth = np.arange(300) % 2
    score = lambda shift: 1 / (1 + np.exp(-(rng.normal(size=300) + shift * truth)))  # noqa: E731
    compared = compare(truth, proba(score(1 + max(quality, 0))), proba(score(1 - min(quality, 0))), Evaluation())
    assert compared["better"] is better
    assert compared["low"] <= compared["difference"] <= compared["high"]
    words = {True: ": better than", False: ": worse than", None: ": not better than"}
    assert words[better] in sentence("gru · sample_slices · 64", compared)
    assert "300 test clients" in sentence("x", compared)


def test_the_winner_is_picked_by_validation_alone():
    rows = [
        {"entry": "a", "valid_roc_auc": 0.6, "test_roc_auc": 0.9},
        {"entry": "b", "valid_roc_auc": 0.7, "test_roc_auc": 0.1},
    ]
    assert pick_winner(rows)["entry"] == "b"


def labelled(n: int, seed: int) -> Labelled:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return Labelled(rng.normal(size=(n, 4)) + labels[:, None], labels)


def test_probes_learn_and_do_not_look_at_the_test_part():
    train, valid = labelled(200, 0), labelled(100, 1)
    assert linear_probe(train, valid) > 0.9
    config = Evaluation(iterations=50)
    one, test = catboost_probe(train, valid, labelled(50, 2).features, 2, config, threads=1)
    other, _ = catboost_probe(train, valid, np.zeros((1, 4)), 2, config, threads=1)
    assert np.array_equal(one, other)
    assert test.shape == (50, 2)
    np.testing.assert_allclose(test.sum(axis=1), 1)


def test_a_probe_of_three_classes():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    part = Labelled(rng.normal(size=(300, 2)) + 2 * labels[:, None], labels)
    assert linear_probe(part, part) > 0.8
    valid, _ = catboost_probe(part, part, part.features, 3, Evaluation(iterations=30), threads=1)
    assert scores(labels, valid)["roc_auc"] > 0.9
