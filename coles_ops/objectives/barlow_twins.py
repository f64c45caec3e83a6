"""Barlow Twins: redundancy reduction (Zbontar et al. 2021, arXiv 2103.03230, equations 1 and 2).

S sub-sequences, P pairs of sub-sequences of one client, E width of the expander.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from torch import Tensor, nn

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, Batch, Needs, Objective
from coles_ops.objectives.pairs import expander, pairs
from coles_ops.ragged import send

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema

_EPSILON = 1e-5  # of a variance


@OBJECTIVES.register("barlow_twins")
class BarlowTwins(Objective):
    """Every dimension alike in both sub-sequences of a pair, and unlike all others; no negatives."""

    name: Literal["barlow_twins"] = Field("barlow_twins", description="Redundancy reduction.")
    expander: int = Field(256, ge=2, description="Width of the three layers between embedding and loss.")
    redundancy: float = Field(
        0.005, ge=0, description="Weight of correlations between dimensions.", json_schema_extra=NO_MEMORY
    )

    @property
    def needs(self) -> Needs:
        """Pairs of one client."""
        return Needs(views=2)

    def build(self, encoder: SequenceEncoder, _schema: "StoreSchema", /) -> nn.Module:
        """The expander and the loss on what it gives."""
        return _BarlowTwins(self, encoder.embedding_size)


class _BarlowTwins(nn.Module):
    def __init__(self, options: BarlowTwins, size: int):
        super().__init__()
        self.options, self.expander = options, expander(size, options.expander)

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The loss times the pairs, and how many those are."""
        expanded = self.expander(batch.embeddings)  # (S, E)
        one, other = (send(place, expanded.device) for place in pairs(batch.clients))  # (P,), (P,)
        return barlow_loss(expanded[one], expanded[other], self.options.redundancy) * len(one), len(one)


def barlow_loss(one: Tensor, other: Tensor, redundancy: float) -> Tensor:
    """How far the cross-correlation of pairs (P, E) and (P, E) is from the identity (equation 1)."""
    correlation = _standardised(one).T @ _standardised(other) / len(one)  # (E, E)
    own, squares = correlation.diagonal(), correlation.square()
    return (1 - own).square().sum() + redundancy * (squares.sum() - squares.diagonal().sum())


def _standardised(views: Tensor) -> Tensor:
    centred = views - views.mean(dim=0)
    return centred / (centred.square().mean(dim=0) + _EPSILON).sqrt()
