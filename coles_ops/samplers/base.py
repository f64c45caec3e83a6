"""The contract of a sampler, and what samplers share.

B clients, S slices, N events of all slices together, M events of all clients together.

Sizes are drawn on the host, S numbers, so that shapes are known there and nothing waits for a GPU; positions,
N numbers, are computed where the events are. numpy arrays come in by ``torch.from_numpy``, which copies nothing.
"""

from dataclasses import dataclass
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from coles_ops.component import NO_MEMORY, Component
from coles_ops.ragged import ranges, segment_ids
from coles_ops.registry import Registry


@dataclass(frozen=True)
class Histories:
    """The clients of a batch, as ranges of the event store; on the host."""

    start: Tensor  # (B,) int64 position of the first event
    length: Tensor  # (B,) int64 events, at least 1
    time: Tensor  # (E,) int64 microseconds of all events of the store; only the time window sampler reads it


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

    def chosen(self, size: int, share: float) -> Tensor:
        """(size,) bool, each true with this chance, on the device."""
        return torch.rand(size, generator=self.events, device=self.device) < share

    def shuffled(self, length: Tensor) -> Tensor:
        """(M,) a random order within each of the groups of these lengths (G,), one group after the other."""
        total, group = int(length.sum()), segment_ids(length, self.device)
        # One integer a key, for a radix sort: the group above 32 random bits.
        noise = torch.randint(2**32, (total,), generator=self.events, device=self.device)
        return torch.sort((group << 32) | noise).indices


class Sampler(Component):
    """How sub-sequences are drawn from the histories of a batch."""

    @property
    def views(self) -> int:
        """Sub-sequences of a client."""
        return 1

    @property
    def longest(self) -> int | None:
        """Most events of a sub-sequence; None where the history alone limits it."""
        return None

    def within(self, length: Tensor, most: int | None) -> Tensor:
        """(B,) last events of histories (B,) to draw from, so that no encoder is given more than it takes.

        Args:
            length: of the histories.
            most: events that the encoder takes; None where there is no limit.
        """
        fits = most is None or (self.longest is not None and self.longest <= most)
        return length if fits else length.clamp(max=most)

    def widest(self) -> Self:
        """The same, every sub-sequence as long as it may be: what a batch takes at most."""
        return self

    def sample(self, histories: Histories, draws: Draws) -> Slices:
        """Draw the sub-sequences of a batch, none of them empty."""
        raise NotImplementedError


class Limited(Sampler):
    """Options of samplers that draw several sub-sequences of limited length."""

    slices: int = Field(5, ge=1, description="Sub-sequences of a client in a batch.")
    max: int = Field(200, ge=1, description="Longest sub-sequence, events.")
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Chance of each event of a sub-sequence to be left out.",
        json_schema_extra=NO_MEMORY,
    )

    @property
    def views(self) -> int:
        """As many as ``slices``; fewer where one would be empty."""
        return self.slices

    @property
    def longest(self) -> int:
        """As many as ``max``."""
        return self.max

    def widest(self) -> Self:
        """No event left out."""
        return self.model_copy(update={"dropout": 0.0})

    def sample(self, histories: Histories, draws: Draws) -> Slices:
        """Draw sub-sequences, and leave out some of their events; at least one stays."""
        drawn = self.draw(histories, draws)
        return thinned(drawn, self.dropout, draws) if self.dropout else drawn

    def draw(self, histories: Histories, draws: Draws) -> Slices:
        """Draw the sub-sequences of a batch, none of them empty, with all of their events."""
        raise NotImplementedError


class Ranged(Limited):
    """Options of samplers that draw the length of a sub-sequence."""

    min: int = Field(25, ge=1, description="Shortest sub-sequence, events.", json_schema_extra=NO_MEMORY)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self

    def widest(self) -> Self:
        """All of ``max`` events."""
        return super().widest().model_copy(update={"min": self.max})


SAMPLERS: Registry[type[Sampler]] = Registry("sampler", "coles_ops.samplers")


def thinned(slices: Slices, share: float, draws: Draws) -> Slices:
    """The same without each event with this chance, in order; how many stay is drawn first, on the host."""
    whole = slices.length.double()
    kept = torch.binomial(whole, torch.full_like(whole, 1 - share), generator=draws.sizes).long().clamp(min=1)  # (S,)
    before = torch.cumsum(slices.length, 0) - slices.length
    taken = draws.shuffled(slices.length)[ranges(before, kept, draws.device)]  # (N,) places, slice after slice
    return Slices(slices.client, kept, slices.position[torch.sort(taken).values])


def stretches(
    histories: Histories, client: Tensor, first: Tensor, total: Tensor, options: Ranged, draws: Draws
) -> Slices:
    """A slice of each part of a history: length uniform in min .. min(max, total), start uniform; all of a short part.

    Args:
        histories: of the batch.
        client: (S,) whose part it is.
        first: (S,) event of the history with which the part begins.
        total: (S,) events of the part, at least 1.
        options: shortest and longest.
        draws: of the batch.
    """
    longest = total.clamp(max=options.max)
    shortest = longest.clamp(max=options.min)
    length = shortest + (draws.uniform(len(client)) * (longest - shortest + 1)).long()
    start = first + (draws.uniform(len(client)) * (total - length + 1)).long()
    return contiguous(histories, client, start, length, draws)


def contiguous(histories: Histories, client: Tensor, start: Tensor, length: Tensor, draws: Draws) -> Slices:
    """Slices of consecutive events: ``length`` (S,) events from the ``start``-th (S,) of their ``client`` (S,)."""
    return Slices(client, length, ranges(histories.start[client] + start, length, draws.device))
