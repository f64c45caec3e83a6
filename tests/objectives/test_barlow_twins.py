import pytest
import torch

from coles_ops.objectives.barlow_twins import barlow_loss


def test_the_loss_of_three_pairs_by_hand():
    # Columns of one: -1, 0, 1 and 1, -2, 1: uncorrelated. Columns of other: -2, 0, 2, the first of one doubled, and
    # -1, 2, -1, its second turned round.
    one = torch.tensor([[-1.0, 1.0], [0.0, -2.0], [1.0, 1.0]], dtype=torch.float64)
    other = torch.tensor([[-2.0, -1.0], [0.0, 2.0], [2.0, -1.0]], dtype=torch.float64)
    assert barlow_loss(one, other, 1.0).item() == pytest.approx(0 + (1 - -1) ** 2, abs=1e-3)
    # Both columns alike: all four correlations are 1, two of them between dimensions.
    twice = one[:, :1].expand(3, 2)
    assert barlow_loss(twice, twice, 0.25).item() == pytest.approx(0.25 * 2, abs=1e-3)
