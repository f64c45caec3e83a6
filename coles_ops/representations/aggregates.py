"""Plain aggregates: what a good analyst computes without a neural network.

The study's aggregate baseline, with the category histogram its clickstream table lacked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

import numpy as np

from coles_ops.config import Embedding
from coles_ops.representations.base import REPRESENTATIONS, Featurizer, Representation
from coles_ops.store import EventStore

if TYPE_CHECKING:
    from coles_ops.representations.encoders import TrainedEncoder

_CODES = 200  # most frequent codes of a category that get columns of their own; codes go by frequency
_CHUNK_EVENTS = 1 << 22


@REPRESENTATIONS.register("aggregates")
class Aggregates(Representation):
    """Counts, moments and shares of a client's events.

    Number of events; of each amount sum, mean, deviation, least and greatest; of each category the number of
    distinct codes, the share of each of its 200 most frequent codes, and the sum of each amount by code.
    """

    id: str = "aggregates"
    name: str = "aggregates"

    @classmethod
    def baseline(cls, winner: TrainedEncoder) -> Self | None:
        """The same, whatever won."""
        return cls()

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Compute on the CPU: sums by client are bound by reading the events."""
        return Featurizer(lambda rows: np.concatenate([_features(store, chunk) for chunk in _chunks(store, rows)]))


def _chunks(store: EventStore, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Clients of about ``_CHUNK_EVENTS`` events together; at least one a chunk."""
    before = np.cumsum(store.lengths[rows]) - store.lengths[rows]
    first = np.flatnonzero(np.diff(before // _CHUNK_EVENTS, prepend=-1))  # each begins in another span of events
    return iter(np.split(rows, first[1:]))


def _features(store: EventStore, rows: np.ndarray) -> np.ndarray:
    """(R, F) features of clients (R,)."""
    length = store.lengths[rows]
    owner = np.repeat(np.arange(len(rows)), length)  # (E,)
    begin = np.cumsum(length) - length
    events = np.arange(length.sum()) + (store.offsets[rows] - begin)[owner]  # (E,) positions in the store
    amounts = {name: store.columns[name][events].astype(np.float64) for name in store.schema.amounts}
    columns = [length[:, None]]
    columns += [_moments(values, owner, length) for values in amounts.values()]
    for name, codes in store.schema.categories.items():
        columns.append(_by_code(store.columns[name][events].astype(np.int64), codes, owner, length, amounts))
    return np.concatenate(columns, axis=1).astype(np.float32)


def _moments(values: np.ndarray, owner: np.ndarray, length: np.ndarray) -> np.ndarray:
    """(C, 5): sum, mean, deviation, least and greatest; zeros for a client without events."""
    n = np.maximum(length, 1)
    total = np.bincount(owner, values, len(length))
    mean = total / n
    deviation = np.sqrt(np.maximum(np.bincount(owner, values**2, len(length)) / n - mean**2, 0))
    least, greatest = np.zeros(len(length)), np.zeros(len(length))
    filled = np.flatnonzero(length)
    if len(filled):
        begins = (np.cumsum(length) - length)[filled]
        least[filled] = np.minimum.reduceat(values, begins)
        greatest[filled] = np.maximum.reduceat(values, begins)
    return np.stack([total, mean, deviation, least, greatest], axis=1)


def _by_code(
    codes: np.ndarray, n_codes: int, owner: np.ndarray, length: np.ndarray, amounts: dict[str, np.ndarray]
) -> np.ndarray:
    """(C, 1 + K (1 + amounts)): distinct codes, share of each code, sum of each amount by code."""
    n = np.maximum(length, 1)[:, None]
    pairs = np.unique(owner * n_codes + codes)
    distinct = np.bincount(pairs // n_codes, minlength=len(length))[:, None]
    width = min(n_codes, _CODES + 1)
    kept = codes < width
    cell, cells = (owner * width + codes)[kept], len(length) * width
    shares = np.bincount(cell, minlength=cells).reshape(-1, width)[:, 1:] / n
    sums = [np.bincount(cell, v[kept], cells).reshape(-1, width)[:, 1:] for v in amounts.values()]
    return np.concatenate([distinct, shares, *sums], axis=1)
