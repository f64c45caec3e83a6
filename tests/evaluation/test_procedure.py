"""The choice among finalists is made within the training clients of each fold."""

import itertools

import pandas as pd

from coles_ops.evaluation.procedure import as_one, best_overall, choose, places_of


def choices(**scores: list[float]) -> pd.DataFrame:
    """Inner scores of finalists in two folds of one repeat, by two seeds, of which the second is .1 better."""
    rows = []
    for (name, values), seed, probe in itertools.product(scores.items(), (0, 1), ("catboost", "linear")):
        for fold, value in enumerate(values):
            worse = 1 if probe == "catboost" else -1  # the other probe says the opposite
            rows.append((name, seed, probe, 0, fold, worse * value + 0.1 * seed))
    return pd.DataFrame(rows, columns=["representation", "seed", "probe", "repeat", "fold", "inner_score"])


def test_in_each_fold_the_best_by_the_first_probe_is_chosen():
    found = choices(a=[0.6, 0.5], b=[0.5, 0.7])
    assert choose(found, "catboost") == {(0, 0): "a", (0, 1): "b"}
    assert choose(found, "linear") == {(0, 0): "b", (0, 1): "a"}
    assert best_overall(found, "catboost") == "b"
    assert choose(choices(b=[0.6], a=[0.6]), "catboost") == {(0, 0): "a"}  # of equals the first by id


def test_one_row_has_all_folds_and_seeds_once():
    found = choices(a=[0.6, 0.5], b=[0.5, 0.7])
    choice = choose(found, "catboost")
    one = as_one(found, choice)
    assert set(one.representation) == {"coles"}
    assert not one.duplicated(["seed", "probe", "repeat", "fold"]).any()
    assert len(one) == len(found) / 2
    assert one[(one.fold == 1) & (one.seed == 0) & (one.probe == "catboost")].inner_score.tolist() == [0.7]
    assert list(places_of(choice, "b")) == [(0, 1)]
