"""What a difference is called, and what the data could have told."""

from dataclasses import replace

import numpy as np
import pytest

from coles_ops.statistics import Estimate, Outcome, compare, detectable, holm, labels_needed


def difference(value: float, error: float, freedom: float = 1000, seeds: float = 0.0) -> Estimate:
    return Estimate(value, error**2 - seeds, 0.0, seeds, 0.0, freedom, False, 800, 800, 400, 5, 3)


@pytest.mark.parametrize(
    ("value", "error", "outcome"),
    [
        (0.03, 0.01, Outcome.BETTER),
        (-0.03, 0.01, Outcome.WORSE),
        (0.002, 0.003, Outcome.EQUIVALENT),
        (0.03, 0.03, Outcome.UNDECIDED),
        (0.007, 0.004, Outcome.UNDECIDED),  # not zero beyond doubt, nor below .01 beyond doubt
    ],
)
def test_four_outcomes(value, error, outcome):
    (found,) = compare([difference(value, error)], delta=0.01, confidence=0.95)
    assert found.outcome is outcome
    assert found.low < value < found.high
    assert (found.low > 0) == (outcome is Outcome.BETTER)
    assert (max(-found.low, found.high) < 0.01) == (outcome is Outcome.EQUIVALENT)


def test_a_small_difference_is_better_and_said_to_be_small():
    (found,) = compare([difference(0.004, 0.001)], 0.01, 0.95)
    assert (found.outcome, found.small) == (Outcome.BETTER, True)


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03]), [0.06, 0.03, 0.06])
    np.testing.assert_allclose(holm([0.7, 0.6]), [1, 1])


def test_of_several_each_must_be_stronger():
    weak = difference(0.022, 0.01)
    assert compare([weak], 0.01, 0.95)[0].outcome is Outcome.BETTER
    assert {each.outcome for each in compare([weak, weak, weak], 0.01, 0.95)} == {Outcome.UNDECIDED}


def test_few_degrees_of_freedom_tell_less():
    assert compare([difference(0.022, 0.01, freedom=4)], 0.01, 0.95)[0].outcome is Outcome.UNDECIDED


def test_the_smallest_difference_is_called_better_in_four_of_five():
    reach = detectable(difference(0.0, 0.01), 0.95)
    values = np.random.default_rng(0).normal(reach, 0.01, 4000)
    assert np.mean(values > 1.96 * 0.01) == pytest.approx(0.8, abs=0.02)


def test_labels_needed_are_those_by_which_delta_is_the_smallest_difference():
    here = difference(0.0, 0.01)
    reach = float(detectable(here, 0.95))
    assert labels_needed(here, reach, 0.95) == pytest.approx(800, abs=1)
    assert labels_needed(here, reach / 2, 0.95) == pytest.approx(3200, abs=1)


def test_no_number_of_labels_makes_up_for_seeds():
    assert labels_needed(difference(0.0, 0.01, seeds=0.00009), 0.01, 0.95) is None


def test_rows_that_are_the_same_are_equivalent():
    (found,) = compare([difference(0.0, 0.0)], 0.01, 0.95)
    assert (found.outcome, found.detectable, found.labels) == (Outcome.EQUIVALENT, None, None)


def test_few_of_a_class_are_no_ground_for_equivalence():
    few = replace(difference(0.0, 0.001), n_rarest=49)
    assert compare([few], 0.01, 0.95)[0].outcome is Outcome.UNDECIDED
