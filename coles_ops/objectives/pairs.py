"""What objectives on pairs of sub-sequences share.

S sub-sequences, P pairs of them, D width of an embedding, E width of the expander.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from coles_ops.objectives.base import Batch
from coles_ops.ragged import send


def pairs(clients: Tensor) -> tuple[Tensor, Tensor]:
    """(P,) and (P,): first with second, third with fourth sub-sequence of each client, whose number (S,) does not fall.

    The last of an odd number has no partner.
    """
    place = torch.arange(len(clients))
    first = torch.searchsorted(clients, clients)  # (S,) where each one's client begins
    count = torch.searchsorted(clients, clients, right=True) - first
    nth = place - first
    one = place[(nth % 2 == 0) & (nth + 1 < count)]
    return one, one + 1


class PairLoss(nn.Module):
    """A loss on pairs, of what three layers make of embeddings (S, D): (S, E).

    Args:
        size: D.
        width: E.
        loss: of the first (P, E) and the second (P, E) of each pair.
    """

    def __init__(self, size: int, width: int, loss: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.loss = loss
        self.expander = nn.Sequential(  # a bias before a batch norm has no effect, nor one before these losses
            nn.Linear(size, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Linear(width, width, bias=False),
        )  # fmt: skip

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The loss times the pairs, and how many those are."""
        expanded = self.expander(batch.embeddings)  # (S, E)
        one, other = (send(place, expanded.device) for place in pairs(batch.clients))  # (P,), (P,)
        return self.loss(expanded[one], expanded[other]) * len(one), len(one)


def off_diagonal(matrix: Tensor) -> Tensor:
    """Sum of the squares of a square matrix (E, E) beside its diagonal."""
    squares = matrix.square()
    return squares.sum() - squares.diagonal().sum()
