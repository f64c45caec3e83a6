"""Calibration of out-of-fold predictions."""

import numpy as np
import pytest

from coles_ops.statistics import Design, calibrate

RNG = np.random.default_rng(0)


def made(count: int = 4000, group: int = 1):
    probability = RNG.beta(1, 3, count // group).repeat(group)
    truth = (RNG.random(count // group).repeat(group) < probability).astype(int)
    return Design.holdout(truth, np.arange(count) // group), probability


def test_true_probabilities_are_calibrated_and_boasting_ones_are_not():
    design, probability = made()
    true = calibrate(design, probability[None, None], 0.95)
    assert len(true.predicted) == 10
    assert np.mean((true.low <= true.predicted) & (true.predicted <= true.high)) >= 0.8
    assert true.error < 0.03
    boasting = calibrate(design, np.sqrt(probability)[None, None], 0.95)
    assert boasting.error > 0.1
    assert (boasting.high < boasting.predicted).all()


def test_bins_by_hand():
    found = calibrate(Design.holdout(np.array([0, 1, 1, 1])), np.array([0.1, 0.3, 0.7, 0.9])[None, None], 0.95, bins=2)
    np.testing.assert_allclose(found.predicted, [0.2, 0.8])
    np.testing.assert_allclose(found.observed, [0.5, 1])
    assert found.error == pytest.approx((0.3 + 0.2) / 2)
    assert found.high[1] == 1


def test_seeds_and_repeats_are_no_further_clients_nor_members_of_a_group():
    design, probability = made()
    once = calibrate(design, probability[None, None], 0.95)
    often = calibrate(design, np.broadcast_to(probability, (5, 3, 4000)), 0.95)
    np.testing.assert_allclose([once.low, once.high], [often.low, often.high])
    grouped, probability = made(4000, 4)
    alone = Design.holdout(grouped.truth)
    widths = [
        np.ptp([c.low, c.high], axis=0).mean()
        for c in (calibrate(d, probability[None, None], 0.95) for d in (grouped, alone))
    ]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.1)


def test_numbers_are_held_against_their_mean_by_tenths():
    predicted = RNG.gamma(1, size=4000)
    design = Design.holdout(predicted + RNG.normal(size=4000) * predicted)
    true, boasting = (calibrate(design, each[None, None], 0.95, shares=False) for each in (predicted, 2 * predicted))
    assert np.mean((true.low <= true.predicted) & (true.predicted <= true.high)) >= 0.8
    assert (boasting.high < boasting.predicted).mean() >= 0.8
    width = 2 * 1.97 * design.truth[predicted >= np.quantile(predicted, 0.9)].std() / np.sqrt(400)
    assert true.high[-1] - true.low[-1] == pytest.approx(width, rel=0.02)
    four = Design.holdout(design.truth.repeat(4), design.groups.repeat(4))
    grouped = calibrate(four, predicted.repeat(4)[None, None], 0.95, shares=False)
    np.testing.assert_allclose(grouped.high - grouped.low, true.high - true.low, rtol=0.01)


def test_probabilities_that_are_all_the_same_are_one_bin():
    found = calibrate(Design.holdout(np.arange(10) % 2), np.full((1, 1, 10), 0.5), 0.95)
    assert (found.predicted.tolist(), found.observed.tolist(), found.error) == ([0.5], [0.5], 0)


def test_a_share_lies_within_its_interval_also_where_no_one_is_positive():
    probability = np.linspace(0, 1, 300)
    found = calibrate(Design.holdout((probability > 0.5).astype(int)), probability[None, None], 0.95)
    assert found.observed[0] == 0
    assert ((found.low <= found.observed) & (found.observed <= found.high)).all()
