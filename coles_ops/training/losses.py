"""Losses over the embeddings of a batch of sub-sequences.

S sub-sequences, D width, P positive pairs, Q negatives of a sub-sequence.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from coles_ops.config import Training
from coles_ops.ragged import send
from coles_ops.registry import Registry

Loss = Callable[[Tensor, Tensor, Training], Tensor]

LOSSES: Registry[Loss] = Registry("loss", "coles_ops.training")


@LOSSES.register("contrastive")
def contrastive_loss(embeddings: Tensor, clients: Tensor, spec: Training) -> Tensor:
    """Contrastive loss with hard negatives (Hadsell et al. 2006; Babaev et al. 2022, equation 2), summed over pairs.

    Every pair of one client costs its squared distance; each sub-sequence and its ``negatives`` nearest of
    other clients cost max(0, margin - distance) squared.

    Args:
        embeddings: (S, D), of unit length.
        clients: (S,) the client each comes from; on the host, where the pairs are counted.
        spec: margin and negatives.
    """
    device = embeddings.device
    same = clients[:, None] == clients[None, :]  # (S, S)
    one, other = (send(pair, device) for pair in torch.triu(same, diagonal=1).nonzero(as_tuple=True))  # (P,), (P,)
    negative, real = hard_negatives(embeddings.detach(), send(same, device), spec.negatives)  # (S, Q), (S, Q)
    attracted = F.pairwise_distance(embeddings[one], embeddings[other]).square()  # (P,)
    distance = F.pairwise_distance(embeddings[:, None], embeddings[negative])  # (S, Q)
    repelled = F.relu(spec.margin - distance).square().masked_fill(~real, 0)  # (S, Q)
    return attracted.sum() + repelled.sum()


def hard_negatives(embeddings: Tensor, same: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The ``count`` nearest of other clients for each of (S, D).

    Distances come from one matrix product, S x S numbers; the S x S x D differences are never formed.

    Returns:
        Their places (S, Q), nearest first, and whether they are real (S, Q): there may be fewer than ``count``.
    """
    distance = torch.cdist(embeddings.float(), embeddings.float()).masked_fill_(same, torch.inf)  # (S, S)
    nearest, place = distance.topk(min(count, len(embeddings) - 1), dim=1, largest=False)  # (S, Q)
    return place, nearest.isfinite()
