"""InfoNCE (van den Oord et al. 2018), as SimCLR has it (Chen et al. 2020, equation 1), with any number of positives.

Of several positives the mean is taken outside of the logarithm (Khosla et al. 2020, equation 2).

S sub-sequences, D width of an embedding, E width of the projection.
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


@OBJECTIVES.register("info_nce")
class InfoNCE(OfPairs):
    """Which of all other sub-sequences of the batch are of the same client, by a softmax over cosines."""

    name: Literal["info_nce"] = Field("info_nce", description="Softmax over all sub-sequences of the batch.")
    projection: int = Field(128, ge=2, description="Width of the head between embedding and loss, of two layers.")
    temperature: float = Field(0.1, gt=0, description="By which cosines are divided.", json_schema_extra=NO_MEMORY)

    def build(self, encoder: SequenceEncoder, _schema: "StoreSchema", /) -> nn.Module:
        """The head and the loss on what it gives."""
        return _InfoNCE(self, encoder.embedding_size)


class _InfoNCE(nn.Module):
    def __init__(self, options: InfoNCE, size: int):
        super().__init__()
        self.temperature = options.temperature
        self.head = nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, options.projection))

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The loss summed over sub-sequences of whose client there are others, and how many those are."""
        projected = F.normalize(self.head(batch.embeddings), dim=1)  # (S, E)
        return info_nce_loss(projected, batch.clients, self.temperature)


def info_nce_loss(points: Tensor, clients: Tensor, temperature: float) -> tuple[Tensor, int]:
    """The loss summed over sub-sequences that have a positive, and how many those are.

    Args:
        points: (S, E), of unit length.
        clients: (S,) the client each comes from; on the host.
        temperature: by which cosines are divided.
    """
    itself = torch.eye(len(clients), dtype=torch.bool)
    positive = (clients[:, None] == clients[None, :]) & ~itself  # (S, S)
    count = positive.sum(dim=1)  # (S,)
    weight = send(positive / count.clamp(min=1)[:, None], points.device)  # (S, S)
    itself = send(itself, points.device)
    log_chance = (points @ points.T / temperature).masked_fill(itself, -torch.inf).log_softmax(dim=1)  # (S, S)
    return -(weight * log_chance.masked_fill(itself, 0)).sum(), int((count > 0).sum())
