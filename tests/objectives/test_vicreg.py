import pytest
import torch

from coles_ops.objectives.pairs import pairs
from coles_ops.objectives.vicreg import vicreg_loss


def test_the_terms_of_three_pairs_by_hand():
    # Columns of one: 0, 2, 4 (mean 2, variance 4, deviation 2) and 0, 0.3, 0.6 (variance 0.09).
    one = torch.tensor([[0.0, 0.0], [2.0, 0.3], [4.0, 0.6]], dtype=torch.float64)
    # Columns of other: 1, 2, 3 (variance 1) and 0.4, 0, -0.4 (variance 0.16).
    other = torch.tensor([[1.0, 0.4], [2.0, 0.0], [3.0, -0.4]], dtype=torch.float64)
    # Squared differences 1, 0.16, 0, 0.09, 1, 1: their mean.
    assert vicreg_loss(one, other, 1, 0, 0).item() == pytest.approx(3.25 / 6)
    # Deviations of 2 and 1 cost nothing (with 1e-4 added to the variance); of 0.3 and 0.4 what they lack, halved.
    short = (1 - (0.09 + 1e-4) ** 0.5) / 2 + (1 - (0.16 + 1e-4) ** 0.5) / 2
    assert vicreg_loss(one, other, 0, 1, 0).item() == pytest.approx(short)
    # Covariances 2 x 0.3 and -1 x 0.4, each twice in its matrix, squared, divided by two dimensions.
    assert vicreg_loss(one, other, 0, 0, 1).item() == pytest.approx(0.6**2 + 0.4**2)
    assert vicreg_loss(one, other, 25, 25, 1).item() == pytest.approx(25 * 3.25 / 6 + 25 * short + 0.52)


def test_pairs_are_of_one_client_and_each_sub_sequence_is_in_one_at_most():
    one, other = pairs(torch.tensor([0, 0, 0, 0, 0, 1, 2, 2, 2]))
    assert (one.tolist(), other.tolist()) == ([0, 2, 6], [1, 3, 7])
