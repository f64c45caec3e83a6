import pytest
import torch
from torch.nn.functional import normalize

from coles_ops.objectives.contrastive import contrastive_loss, hard_negatives


def test_the_loss_of_four_points_by_hand():
    # Clients a: (1,0), (0,1); b: (1,0), (-1,0). Distances: a1a2 = sqrt 2, b1b2 = 2, a1b1 = 0, a1b2 = 2,
    # a2b1 = a2b2 = sqrt 2. Positive pairs cost 2 + 4. With one hard negative each: a1 -> b1 and b1 -> a1 cost
    # 0.5 ** 2; a2 and b2 have none within the margin.
    points = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]])
    loss = contrastive_loss(points, torch.tensor([0, 0, 1, 1]), margin=0.5, negatives=1)
    assert loss.item() == pytest.approx(2 + 4 + 2 * 0.25, abs=1e-4)


@pytest.mark.parametrize("clients", [2, 8, 30])
def test_it_equals_the_loss_of_ptls(clients):
    from ptls.frames.coles.losses import ContrastiveLoss
    from ptls.frames.coles.sampling_strategies import HardNegativePairSelector

    owner = torch.arange(clients).repeat_interleave(5)
    ours = normalize(torch.randn(len(owner), 16, generator=torch.Generator().manual_seed(0)), dim=1).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    stock = ContrastiveLoss(margin=0.5, sampling_strategy=HardNegativePairSelector(neg_count=5))(theirs, owner)
    loss = contrastive_loss(ours, owner, margin=0.5, negatives=5)
    torch.testing.assert_close(loss, stock, rtol=1e-5, atol=1e-5)
    loss.backward()
    stock.backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-4)


def test_negatives_are_the_nearest_of_others_and_no_more_than_there_are():
    points = torch.tensor([[0.0], [1.0], [1.5], [9.0]])
    owner = torch.tensor([0, 0, 1, 1])
    place, real = hard_negatives(points, owner[:, None] == owner[None], count=3)
    assert [p[r].tolist() for p, r in zip(place, real, strict=True)] == [[2, 3], [2, 3], [1, 0], [1, 0]]
