"""The contract of a sampler, and what samplers share.

B clients, S slices, N events of all slices together, M events of all clients together.

Sizes are drawn on the host, S numbers, so that shapes are known there and nothing waits for a GPU; positions,
N numbers, are computed where the events are. numpy arrays come in by ``torch.from_numpy``, which copies nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from coles_ops.config import Training
from coles_ops.ragged import owners, ranges
from coles_ops.registry import Registry


@dataclass(frozen=True)
class Histories:
    """The clients of a batch, as ranges of the event store; on the host."""

    start: Tensor  # (B,) int64 position of the first event
    length: Tensor  # (B,) int64 events, at least 1
    time: Tensor  # (E,) int64 seconds of all events of the store; only the time window sampler reads it


@dataclass(frozen=True)
class Slices:
    """Sub-sequences drawn from the clients of a batch, in the order of clients; none is empty."""

    client: Tensor  # (S,) int64 which client of the batch; on the host
    length: Tensor  # (S,) int64; on the host
    position: Tensor  # (N,) int64 positions in the store, slice after slice, in time order within each


class Draws:
    """Where the randomness of a batch comes from: one generator on the host, and one on the device.

    Args:
        seed: of both; on a CPU they are the same.
        device: where positions are computed.
    """

    def __init__(self, seed: int, device: str = "cpu"):
        self.device = torch.device(device)
        self.sizes = torch.Generator().manual_seed(seed)
        self.events = self.sizes if self.device.type == "cpu" else torch.Generator(self.device).manual_seed(seed)

    def uniform(self, size: int) -> Tensor:
        """(size,) float64 in [0, 1), on the host."""
        return torch.rand(size, generator=self.sizes, dtype=torch.float64)

    def shuffled(self, length: Tensor) -> Tensor:
        """(M,) a random order within each of the groups of these lengths (G,), one group after the other."""
        total, group = int(length.sum()), owners(length, self.device)
        # One integer a key, for a radix sort: the group above 32 random bits.
        noise = torch.randint(2**32, (total,), generator=self.events, device=self.device)
        return torch.sort((group << 32) | noise).indices


Sampler = Callable[[Histories, Training, Draws], Slices]

SAMPLERS: Registry[Sampler] = Registry("sampler", "coles_ops.samplers")


def sample(histories: Histories, spec: Training, draws: Draws) -> Slices:
    """Draw the slices of a batch with the sampler that ``spec`` names."""
    return SAMPLERS.get(spec.sampler)(histories, spec, draws)


def contiguous(histories: Histories, client: Tensor, start: Tensor, length: Tensor, draws: Draws) -> Slices:
    """Slices of consecutive events: ``length`` (S,) events from the ``start``-th (S,) of their ``client`` (S,)."""
    return Slices(client, length, ranges(histories.start[client] + start, length, draws.device))
