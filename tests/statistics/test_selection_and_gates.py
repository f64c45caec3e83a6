"""What noise would have given, and what is asked before any comparison."""

import numpy as np
import pytest

from coles_ops.statistics import (
    R2,
    ROC_AUC,
    Design,
    at_chance,
    best_of_noise,
    chance_error,
    estimate,
    expected_best,
    learnt,
    score,
)

RNG = np.random.default_rng(0)
TRUTH = np.arange(400) % 2


def scored(knows: float, noise: np.ndarray | None = None):
    own = RNG.normal(size=400)
    values = knows * TRUTH + (own if noise is None else noise + own / 5)
    return score(ROC_AUC, DESIGN, values[None, None, :, None])


DESIGN = Design.holdout(TRUTH)


def test_the_best_of_many_that_know_nothing_is_what_a_simulation_gives():
    assert expected_best(1) == pytest.approx(0)
    assert expected_best(18) == pytest.approx(1.82, abs=0.005)
    truth = np.arange(160) % 2
    noise = score(ROC_AUC, Design.holdout(truth), RNG.normal(size=(18_000, 1, 160, 1))[:, None])
    best = noise.values.reshape(1000, 18).max(axis=1)
    mean, bound = best_of_noise(18, chance_error(80, 80))
    assert best.mean() == pytest.approx(mean, abs=0.003)
    assert np.mean(best < bound) == pytest.approx(0.95, abs=0.02)


def test_a_winner_that_training_made_no_better_has_learnt_nothing():
    noise = RNG.normal(size=400)
    gate = learnt(scored(0.5, noise), scored(0.5, noise), 0.01, 0.95)
    assert not gate.passed
    gate = learnt(scored(0.3), scored(1.0), 0.01, 0.95)
    assert not gate.passed
    assert gate.words.startswith("the encoder learnt nothing usable about this label (against its untrained twin: -0.")
    assert learnt(scored(2.0), scored(0.3), 0.01, 0.95).passed


def test_where_it_cannot_be_told_it_is_not_said():
    few = Design.holdout(TRUTH[:20])
    one, other = (score(ROC_AUC, few, (RNG.normal(size=20) + k * TRUTH[:20])[None, None, :, None]) for k in (0.8, 0.2))
    gate = learnt(one, other, 0.01, 0.95)
    assert gate.words.startswith("nothing shows that the encoder learnt anything usable about this label")


def test_permuted_labels_are_at_chance_or_leak():
    assert at_chance(estimate(scored(0.0)), ROC_AUC).passed
    leak = at_chance(estimate(scored(1.0)), ROC_AUC)
    assert not leak.passed
    assert leak.words.endswith("labels leak into the scores")


def test_numbers_that_are_predicted_from_noise_score_at_most_nothing():
    truth = RNG.normal(size=400)
    design = Design.holdout(truth)
    worse, leaking = (score(R2, design, each[None, None, :, None]) for each in (RNG.normal(size=400), truth / 2))
    assert estimate(worse).interval(0.999)[1] < 0
    assert at_chance(estimate(worse), R2).passed
    leak = at_chance(estimate(leaking), R2)
    assert not leak.passed
    assert "and not at most 0.000" in leak.words
