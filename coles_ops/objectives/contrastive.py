"""Contrastive loss with hard negatives (Hadsell et al. 2006; Babaev et al. 2022, equation 2).

S sub-sequences, D width, P positive pairs, Q negatives of a sub-sequence.
"""

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, Batch, OfPairs
from coles_ops.ragged import send

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


@OBJECTIVES.register("contrastive")
class Contrastive(OfPairs):
    """Sub-sequences of one client together, the nearest of other clients a margin apart (CoLES)."""

    name: Literal["contrastive"] = Field("contrastive", description="Contrastive loss with hard negatives.")
    margin: float = Field(
        0.5, gt=0, description="Distance beyond which a negative pair costs nothing.", json_schema_extra=NO_MEMORY
    )
    negatives: int = Field(5, ge=1, description="Hard negatives of each sub-sequence.")

    def build(self, _encoder: SequenceEncoder, _schema: "StoreSchema", /) -> nn.Module:
        """The loss on embeddings scaled to unit length."""
        return _Contrastive(self)


class _Contrastive(nn.Module):
    def __init__(self, options: Contrastive):
        super().__init__()
        self.options = options

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The loss summed over pairs, and the number of sub-sequences."""
        embeddings, options = F.normalize(batch.embeddings, dim=1), self.options  # (S, D)
        loss = contrastive_loss(embeddings, batch.clients, options.margin, options.negatives)
        return loss, len(batch.clients)


def contrastive_loss(embeddings: Tensor, clients: Tensor, margin: float, negatives: int) -> Tensor:
    """The loss summed over pairs.

    Every pair of one client costs its squared distance; each sub-sequence and its ``negatives`` nearest of
    other clients cost max(0, margin - distance) squared.

    Args:
        embeddings: (S, D), of unit length.
        clients: (S,) the client each comes from; on the host, where the pairs are counted.
        margin: distance beyond which a negative pair costs nothing.
        negatives: of each sub-sequence.
    """
    device = embeddings.device
    same = clients[:, None] == clients[None, :]  # (S, S)
    one, other = (send(pair, device) for pair in torch.triu(same, diagonal=1).nonzero(as_tuple=True))  # (P,), (P,)
    negative, real = hard_negatives(embeddings.detach(), send(same, device), negatives)  # (S, Q), (S, Q)
    attracted = F.pairwise_distance(embeddings[one], embeddings[other]).square()  # (P,)
    distance = F.pairwise_distance(embeddings[:, None], embeddings[negative])  # (S, Q)
    repelled = F.relu(margin - distance).square().masked_fill(~real, 0)  # (S, Q)
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
