import numpy as np
import pandas as pd
import pytest

from coles_ops.config import Evaluation
from coles_ops.evaluation.leaderboard import pick_winner, score, tuning_scores
from coles_ops.evaluation.metrics import scores
from coles_ops.evaluation.probes import PROBES, Fitting, Labelled
from coles_ops.evaluation.probes.logistic_regression import linear_roc_auc


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


def table(representation: str, tune, test) -> pd.DataFrame:
    """The long table of four clients that tune and four that are scored, of alternating classes."""
    positive = proba([*tune, *test])
    return pd.DataFrame({
        "representation": representation, "seed": 0, "probe": "catboost", "repeat": 0, "fold": 0,
        "client_id": list("abcdefgh"), "group_id": list("abcdefgh"), "part": ["tune"] * 4 + ["score"] * 4,
        "label": [0, 1] * 4, "p_0": positive[:, 0], "p_1": positive[:, 1],
    })  # fmt: skip


GOOD, BAD = [0.1, 0.9, 0.2, 0.8], [0.9, 0.1, 0.8, 0.2]


def test_the_winner_is_picked_by_those_who_tune_alone():
    assert pick_winner(tuning_scores(pd.concat([table("a", BAD, GOOD), table("b", GOOD, BAD)]))) == "b"
    assert pick_winner(tuning_scores(pd.concat([table("b", GOOD, BAD), table("a", GOOD, GOOD)]))) == "a"  # the first


def test_scores_of_folds_are_averaged():
    first, second = table("a", GOOD, GOOD), table("a", BAD, GOOD).assign(fold=1)
    found = score(pd.concat([first, second]))
    assert (found["valid_roc_auc"], found["test_roc_auc"]) == (0.5, 1.0)


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


def test_the_probe_of_a_training_learns():
    assert linear_roc_auc(labelled(200, 0), labelled(100, 1)) > 0.9
