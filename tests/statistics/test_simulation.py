"""Intervals hold what they say, on made-up data whose truth is known; at length: ``python -m benchmarks.verdict``."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.numbers import Numbers, RefittedNumbers
from benchmarks.verdict import better, covered, equivalent, near_delta, of_numbers, of_refitted, of_search, of_world
from benchmarks.worlds import Refitted, Search, World
from coles_ops.statistics import MAE, MSE, ROC_AUC, Design, Estimate, Scored, detectable, estimate, gain, score


def at_most(share: float, count: int) -> float:
    """What a true share of this stays below but once in a thousand simulations."""
    return binom.ppf(0.999, count, share) / count


@pytest.mark.parametrize(
    "world",
    [
        World("independent", 200, 100),
        World("rare", 1000, 20),
        World("groups", 400, 200, group=4),
        World("seeds", 300, 100, seeds=5, spread=0.02),
    ],
    ids=lambda world: world.name,
)
def test_intervals_hold_the_truth_and_words_are_seldom_wrong(world):
    one, none = of_world(world, 2000)
    assert 0.93 <= covered(one, world.auc) <= 0.97
    assert 0.93 <= covered(none, 0) <= 0.97
    assert better(none) <= at_most(0.025, 2000)
    delta, near = near_delta(world, float(np.median(none.error)))
    assert equivalent(of_world(near, 1000, delta, seed=1)[1], delta) <= at_most(0.05, 1000)


def rows(metric, design: Design, signal: np.ndarray) -> tuple[Estimate, Estimate]:
    """Score and difference of two rows (1000, N, K) that know the signal (N, K), and share half of their noise."""
    rng, (n, k) = np.random.default_rng(0), signal.shape

    def of_group() -> np.ndarray:
        return rng.normal(size=(1000, design.n_groups, k))[:, design.codes]

    def row() -> Scored:
        predictions = signal + shared + of_group() + rng.normal(size=(1000, n, k)) / 3
        return score(metric, design, predictions[:, None, None])

    shared = of_group()
    one, other = row(), row()
    return estimate(one), estimate(gain(one, other))


@pytest.mark.parametrize(
    ("metric", "truth", "members"),
    [
        (ROC_AUC, np.arange(400) % 2, 4),  # households of both classes
        (ROC_AUC, np.repeat([0, 1, 2], [400, 180, 20]), 1),
        (MAE, np.random.default_rng(1).gamma(1, size=200), 1),
        (MSE, np.random.default_rng(1).gamma(1, size=200), 2),
    ],
    ids=["households", "three classes", "absolute errors", "squared errors"],
)
def test_so_they_do_of_other_groups_classes_and_metrics(metric, truth, members):
    signal = np.eye(3)[truth] if truth.max() == 2 else truth[:, None].astype(float)
    one, none = rows(metric, Design.holdout(truth, np.arange(len(truth)) // members), signal)
    assert 0.93 <= covered(one, float(one.value.mean())) <= 0.97
    assert 0.93 <= covered(none, 0) <= 0.97


@pytest.mark.parametrize(
    "world",
    [Numbers("groups", 200, group=4), Numbers("long tail", 400, skew=True)],
    ids=lambda world: world.name,
)
def test_so_they_do_of_r2(world):
    one, none = of_numbers(world, 600)
    assert 0.93 <= covered(one, world.r2) <= 0.97
    assert 0.93 <= covered(none, 0) <= 0.97
    assert better(none) <= at_most(0.025, 600)


def test_so_they_do_of_r2_of_refitted_models():
    one, none = of_numbers(RefittedNumbers("", 120, 8), 300)
    assert 0.93 <= covered(one, float(one.value.mean())) <= 0.99
    assert 0.93 <= covered(none, 0) <= 0.99


def test_with_groups_that_are_not_told_they_would_not():
    assert covered(of_world(World("", 400, 200, group=4, told=False), 500)[1], 0) < 0.8


def test_seeds_that_are_taken_for_one_would_not():
    _, found = of_world(World("", 800, 400, seeds=5, spread=0.05), 500)
    assert np.mean(np.abs(found.value) <= 1.96 * np.sqrt(found.clients)) < 0.8
    assert covered(found, 0) >= 0.93


@pytest.mark.parametrize(
    "search",
    [
        Search("alone", 200),
        Search("some of them by seeds", 150, seeds=3, repeats=2),
        Search("added to the baseline", 150, repeats=2, added=True),
    ],
    ids=lambda search: search.name,
)
def test_a_choice_of_18_within_folds_is_no_better_than_what_is_chosen_from(search):
    assert better(of_search(search, 200, nested=True)) <= at_most(0.025, 200)
    assert better(of_search(search, 200, nested=False)) > at_most(0.025, 200)  # so that the former says something


def test_intervals_hold_what_models_of_other_training_clients_would_give():
    one, none, value, _ = of_refitted(Refitted("", 120, 60, 12), 300)
    assert 0.93 <= covered(one, float(one.value.mean())) <= 0.99
    assert 0.93 <= covered(none, 0) <= 0.99
    assert np.mean(np.abs(value) <= 1.98 * np.sqrt(none.clients)) < 0.93


def test_a_difference_that_can_be_seen_is_seen_in_four_of_five():
    world = World("", 400, 200)
    reach = float(np.median(detectable(of_world(world, 200)[1], 0.95)))
    assert better(of_world(world, 1000, reach)[1]) == pytest.approx(0.8, abs=0.05)
