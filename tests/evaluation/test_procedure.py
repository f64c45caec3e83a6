"""The choice among candidates is made within the training clients of each fold."""

import itertools

import numpy as np
import pandas as pd
import pytest

from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.procedure import Candidates, as_one, best_overall, choose, places_of, procedure
from coles_ops.metrics import roc_auc
from coles_ops.statistics import estimate


def choices(seeds: int = 2, **scores: list[float]) -> pd.DataFrame:
    """Inner scores of candidates in two folds of one repeat, by two seeds, of which the second is .1 better."""
    rows = []
    probes = ("catboost", "linear")
    for (name, values), seed, probe in itertools.product(scores.items(), range(seeds), probes):
        for fold, value in enumerate(values):
            worse = 1 if probe == "catboost" else -1  # the other probe says the opposite
            rows.append((name, seed, probe, 0, fold, worse * value + 0.1 * seed))
    return pd.DataFrame(rows, columns=["representation", "seed", "probe", "repeat", "fold", "inner_score"])


def predictions(name: str, seeds: int, n: int = 200) -> pd.DataFrame:
    """Of two folds, by seeds that differ."""
    rng, label = np.random.default_rng(0), np.arange(n) % 2
    ids = [f"c{i:03d}" for i in range(n)]
    place = {"representation": name, "probe": "catboost", "repeat": 0, "fold": np.arange(n) // 2 % 2}
    found = []
    for seed in range(seeds):
        value = label + rng.normal(size=n)
        clients = pd.DataFrame({"client_id": ids, "group_id": ids, "label": label, "p_0": -value, "p_1": value})
        found.append(clients.assign(**place, seed=seed))
    return pd.concat(found)


def test_in_each_fold_the_best_by_the_first_probe_is_chosen():
    found = choices(a=[0.6, 0.5], b=[0.5, 0.7])
    assert choose(found, "catboost") == {(0, 0): "a", (0, 1): "b"}
    assert choose(found, "linear") == {(0, 0): "b", (0, 1): "a"}
    assert best_overall(found, "catboost") == "b"
    assert choose(choices(b=[0.6], a=[0.6]), "catboost") == {(0, 0): "a"}  # of equals the first by name


def test_one_row_has_all_folds_and_seeds_once():
    found = choices(a=[0.6, 0.5], b=[0.5, 0.7])
    choice = choose(found, "catboost")
    one = as_one(found, choice, "coles")
    assert set(one.representation) == {"coles"}
    assert not one.duplicated(["seed", "probe", "repeat", "fold"]).any()
    assert len(one) == len(found) / 2
    assert one[(one.fold == 1) & (one.seed == 0) & (one.probe == "catboost")].inner_score.tolist() == [0.7]
    assert list(places_of(choice, "b")) == [(0, 1)]


def scored(folds_of_the_seedless: list[int]) -> OutOfFold:
    """A row of five seeds but for some folds, where a candidate without seeds was chosen."""
    seedless = [1.0 * (fold in folds_of_the_seedless) for fold in (0, 1)]
    found = pd.concat([predictions("seeded", 5), predictions("seedless", 1)], ignore_index=True)
    inner = pd.concat([choices(5, seeded=[0.6, 0.6]), choices(1, seedless=seedless)], ignore_index=True)
    made = procedure("best", "all", False, ["seeded", "seedless"], Candidates(found, inner), "catboost")
    return OutOfFold.of(made.predictions, "catboost")


def test_a_seedless_candidate_is_the_same_by_every_seed_and_only_the_others_seeds_move_the_score():
    found = {name: scored(folds) for name, folds in {"seeded": [], "one": [0], "none": [0, 1]}.items()}
    assert [each.predictions["best"].shape[0] for each in found.values()] == [5, 5, 1]
    one = found["one"].predictions["best"]
    fold = found["one"].design.folds[0]
    assert (one[:, 0, fold == 0] == one[:1, 0, fold == 0]).all()
    assert not (one[:, 0, fold == 1] == one[:1, 0, fold == 1]).all()
    truth = found["one"].design.truth[fold == 1]
    moved = [roc_auc(truth, seed[0, fold == 1]) for seed in one]
    assert found["one"].scored("best").values.std() == pytest.approx(np.std(moved) / 2)
    assert estimate(found["none"].scored("best")).seeds == 0


def test_a_candidate_of_some_seeds_stands_beside_none_of_more():
    table = pd.concat([choices(3, a=[0.6, 0.5]), choices(2, b=[0.5, 0.7])])
    with pytest.raises(AssertionError, match="one seed or as many"):
        as_one(table.reset_index(drop=True), {(0, 0): "a", (0, 1): "b"}, "best")
