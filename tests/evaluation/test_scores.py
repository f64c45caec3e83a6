import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from coles_ops.config import Evaluation
from coles_ops.evaluation.bootstrap import auc_resamples, interval, resamples
from coles_ops.evaluation.leaderboard import pick_winner, score
from coles_ops.evaluation.metrics import scores
from coles_ops.evaluation.probes import PROBES, Fitting, Labelled
from coles_ops.evaluation.probes.logistic_regression import linear_roc_auc
from coles_ops.evaluation.verdict import compare, reach_verdict, sentence


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


def table(representation: str, valid, test) -> pd.DataFrame:
    """The long table of four validation and four test clients, of alternating classes."""
    positive = proba([*valid, *test])
    return pd.DataFrame({
        "representation": representation, "seed": 0, "probe": "catboost", "fold": 0,
        "client_id": list("abcdefgh"), "part": ["tune"] * 4 + ["score"] * 4, "label": [0, 1] * 4,
        "p_0": positive[:, 0], "p_1": positive[:, 1],
    })  # fmt: skip


GOOD, BAD = [0.1, 0.9, 0.2, 0.8], [0.9, 0.1, 0.8, 0.2]


def test_the_winner_is_picked_by_validation_alone():
    assert pick_winner(pd.concat([table("a", BAD, GOOD), table("b", GOOD, BAD)])) == "b"
    assert pick_winner(pd.concat([table("b", GOOD, BAD), table("a", GOOD, GOOD)])) == "a"  # of equals, the first by id


def test_scores_of_folds_are_averaged():
    first, second = table("a", GOOD, GOOD), table("a", BAD, GOOD).assign(fold=1)
    found = score(pd.concat([first, second]), Evaluation(bootstrap=100))
    assert (found["valid_roc_auc"], found["test_roc_auc"], found["test_roc_auc_low"]) == (0.5, 1.0, 1.0)


def test_the_verdict_compares_the_same_clients_by_the_first_probe():
    other = pd.concat([table("w", BAD, BAD), table("aggregates", GOOD, GOOD)]).assign(probe="logistic_regression")
    long = pd.concat([table("w", GOOD, GOOD), table("aggregates", BAD, BAD), other])
    verdict = reach_verdict(long, "w", "gru", Evaluation(bootstrap=100, probes=("catboost", "logistic_regression")))
    assert (verdict.winner_test, verdict.baseline_test, verdict.better, verdict.n_test) == (1.0, 0.0, True, 4)


def labelled(n: int, seed: int) -> Labelled:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return Labelled(rng.normal(size=(n, 4)) + labels[:, None], labels)


@pytest.mark.parametrize("name", PROBES.names())
def test_probes_learn(name):
    train, valid, test = labelled(200, 0), labelled(100, 1), labelled(50, 2)
    predict = PROBES.get(name)(train, valid, Fitting(Evaluation(iterations=50), classes=2, threads=1))
    found = predict(test.features)
    assert found.shape == (50, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert scores(test.labels, found)["roc_auc"] > 0.9


@pytest.mark.parametrize("name", PROBES.names())
def test_probes_of_three_classes(name):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    part = Labelled(rng.normal(size=(300, 2)) + 2 * labels[:, None], labels)
    predict = PROBES.get(name)(part, part, Fitting(Evaluation(iterations=30), classes=3, threads=1))
    assert scores(labels, predict(part.features))["roc_auc"] > 0.8


def test_the_probe_of_an_epoch_learns():
    assert linear_roc_auc(labelled(200, 0), labelled(100, 1)) > 0.9
