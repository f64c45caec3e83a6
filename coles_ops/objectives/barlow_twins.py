"""Barlow Twins: redundancy reduction (Zbontar et al. 2021, arXiv 2103.03230, equations 1 and 2).

S sub-sequences, P pairs of sub-sequences of one client, E width of the expander.
"""

from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from torch import Tensor, nn

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, OfPairs
from coles_ops.objectives.pairs import PairLoss, off_diagonal

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema

_EPSILON = 1e-5  # of a variance


@OBJECTIVES.register("barlow_twins")
class BarlowTwins(OfPairs):
    """Every dimension alike in both sub-sequences of a pair, and unlike all others; no negatives."""

    name: Literal["barlow_twins"] = Field("barlow_twins", description="Redundancy reduction.")
    expander: int = Field(256, ge=2, description="Width of the three layers between embedding and loss.")
    redundancy: float = Field(
        0.005, ge=0, description="Weight of correlations between dimensions.", json_schema_extra=NO_MEMORY
    )

    def build(self, encoder: SequenceEncoder, _schema: "StoreSchema", /) -> nn.Module:
        """The expander and the loss on what it gives."""
        loss = partial(barlow_loss, redundancy=self.redundancy)
        return PairLoss(encoder.embedding_size, self.expander, loss)


def barlow_loss(one: Tensor, other: Tensor, redundancy: float) -> Tensor:
    """How far the cross-correlation of pairs (P, E) and (P, E) is from the identity (equation 1)."""
    correlation = _standardised(one).T @ _standardised(other) / len(one)  # (E, E)
    return (1 - correlation.diagonal()).square().sum() + redundancy * off_diagonal(correlation)


def _standardised(views: Tensor) -> Tensor:
    centred = views - views.mean(dim=0)
    return centred / (centred.square().mean(dim=0) + _EPSILON).sqrt()
