import math

import pytest
import torch

from coles_ops.objectives.info_nce import info_nce_loss

# Unit vectors at 0, 90, 0 and 180 degrees: cosines 0, 1 and -1.
POINTS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)


def test_the_loss_of_two_pairs_by_hand():
    loss, count = info_nce_loss(POINTS, torch.tensor([0, 0, 1, 1]), temperature=0.5)
    hit = {0: 0, 1: 0, 2: -2, 3: -2}  # cosine with its partner, by the temperature
    rest = {0: [0, 2, -2], 1: [0, 0, 0], 2: [2, 0, -2], 3: [-2, 0, -2]}
    expected = sum(math.log(sum(map(math.exp, rest[i]))) - hit[i] for i in range(4))
    assert count == 4
    assert loss.item() == pytest.approx(expected)


def test_of_three_of_a_client_the_mean_over_positives_counts_and_one_alone_is_a_negative():
    loss, count = info_nce_loss(POINTS, torch.tensor([0, 0, 0, 1]), temperature=1.0)
    first = math.log(math.exp(0) + math.exp(1) + math.exp(-1))
    expected = (first - (0 + 1) / 2) + (math.log(3) - 0) + (first - (1 + 0) / 2)
    assert count == 3
    assert loss.item() == pytest.approx(expected)
