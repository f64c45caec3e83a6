"""VICReg: variance, invariance, covariance (Bardes et al. 2022, arXiv 2105.04906, equations 1 to 6).

S sub-sequences, D width of an embedding, P pairs of sub-sequences of one client, E width of the expander.
"""

from functools import partial
from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, OfPairs
from coles_ops.objectives.pairs import PairLoss, off_diagonal

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema

_EPSILON = 1e-4


@OBJECTIVES.register("vicreg")
class VICReg(OfPairs):
    """Sub-sequences of one client alike, every dimension spread out and saying what no other says; no negatives."""

    name: Literal["vicreg"] = Field("vicreg", description="Variance, invariance, covariance.")
    expander: int = Field(256, ge=2, description="Width of the three layers between embedding and loss.")
    invariance: float = Field(
        25.0, ge=0, description="Weight of the distance within a pair.", json_schema_extra=NO_MEMORY
    )
    variance: float = Field(
        25.0, ge=0, description="Weight of deviations of a dimension below 1.", json_schema_extra=NO_MEMORY
    )
    covariance: float = Field(
        1.0, ge=0, description="Weight of covariances between dimensions.", json_schema_extra=NO_MEMORY
    )

    def build(self, encoder: SequenceEncoder, _schema: "StoreSchema", /) -> nn.Module:
        """The expander and the loss on what it gives."""
        loss = partial(vicreg_loss, invariance=self.invariance, variance=self.variance, covariance=self.covariance)
        return PairLoss(encoder.embedding_size, self.expander, loss)


def vicreg_loss(
    one: Tensor, other: Tensor, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0
) -> Tensor:
    """The weighted sum of three terms (equation 6) over pairs (P, E) and (P, E).

    The invariance is the mean square difference, over dimensions too, as in the authors' algorithm 1: equation 5 sums
    over them, and the published weights are for the mean.
    """
    spread = _hinge(one) + _hinge(other)
    redundant = _off_diagonal(one) + _off_diagonal(other)
    return invariance * F.mse_loss(one, other) + variance * spread + covariance * redundant


def _hinge(views: Tensor) -> Tensor:
    """Mean over dimensions of max(0, 1 - deviation) (equations 1 and 2)."""
    return F.relu(1 - torch.sqrt(views.var(dim=0) + _EPSILON)).mean()


def _off_diagonal(views: Tensor) -> Tensor:
    """Sum of the squared covariances between dimensions, divided by their number (equations 3 and 4)."""
    centred = views - views.mean(dim=0)
    return off_diagonal(centred.T @ centred / (len(views) - 1)) / views.shape[1]
