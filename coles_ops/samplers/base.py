"""The contract of a sampler, and the index arithmetic they share.

B clients, S slices, N events of all slices together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coles_ops.config import Training
from coles_ops.registry import Registry


@dataclass(frozen=True)
class Histories:
    """The clients of a batch, as ranges of the event store."""

    start: np.ndarray  # (B,) int64 position of the first event
    length: np.ndarray  # (B,) int64 events, at least 1
    time: np.ndarray  # (E,) int64 seconds of all events of the store; only the time window sampler reads it


@dataclass(frozen=True)
class Slices:
    """Sub-sequences drawn from the clients of a batch; none is empty."""

    client: np.ndarray  # (S,) int64 which client of the batch
    length: np.ndarray  # (S,) int64
    position: np.ndarray  # (N,) int64 positions in the store, slice after slice, in time order within each


Sampler = Callable[[Histories, Training, np.random.Generator], Slices]

SAMPLERS: Registry[Sampler] = Registry("sampler", "coles_ops.samplers")


def sample(histories: Histories, spec: Training, rng: np.random.Generator) -> Slices:
    """Draw the slices of a batch with the sampler that ``spec`` names."""
    return SAMPLERS.get(spec.sampler)(histories, spec, rng)


def contiguous(histories: Histories, client: np.ndarray, start: np.ndarray, length: np.ndarray) -> Slices:
    """Slices of consecutive events: ``length`` (S,) events from the ``start``-th (S,) of their ``client`` (S,)."""
    return Slices(client, length, np.repeat(histories.start[client] + start, length) + within(length))


def within(length: np.ndarray) -> np.ndarray:
    """(N,) 0, 1, .. length - 1 for each of the groups of these lengths (G,), one after the other."""
    return np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)


def grouped(histories: Histories, keys: np.ndarray, position: np.ndarray, slices: int, longest: int) -> Slices:
    """The first ``longest`` events of each group of events that share a key, empty groups left out.

    Args:
        histories: the batch.
        keys: (M,) client * slices + slice, ascending.
        position: (M,) positions in the store, ascending within a key.
        slices: slices a client.
        longest: most events kept of a group.
    """
    count = np.bincount(keys, minlength=len(histories.length) * slices)
    kept = within(count) < longest
    length = np.minimum(count, longest)
    filled = np.flatnonzero(length)
    return Slices(filled // slices, length[filled], position[kept])
