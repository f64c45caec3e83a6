"""What objectives on pairs of sub-sequences share.

S sub-sequences, P pairs of them, D width of an embedding, E width of the expander.
"""

import torch
from torch import Tensor, nn


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


def expander(size: int, width: int) -> nn.Sequential:
    """Three layers from embeddings (S, D) to what a loss on correlations sees (S, E)."""
    return nn.Sequential(  # a bias before a batch norm has no effect, nor one before these losses
        nn.Linear(size, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, width, bias=False),
    )  # fmt: skip
