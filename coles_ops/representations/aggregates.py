"""Plain aggregates: what a good analyst computes without a neural network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from coles_ops.aggregates.blocks import BLOCKS
from coles_ops.aggregates.histories import Histories
from coles_ops.aggregates.options import Aggregation
from coles_ops.config import Embedding, Evaluation
from coles_ops.representations.base import REPRESENTATIONS, Featurizer, Representation
from coles_ops.store import EventStore

if TYPE_CHECKING:
    from coles_ops.representations.encoders import TrainedEncoder

_CHUNK_EVENTS = 1 << 18  # what fits into a processor's cache is the quickest
_CHUNK_CLIENTS = 1 << 13


@REPRESENTATIONS.register("aggregates")
class Aggregates(Representation):
    """The blocks of aggregates that the configuration names, of the events that encoders read."""

    curve: ClassVar[bool] = True

    id: str = "aggregates"
    name: str = "aggregates"
    options: Aggregation = Aggregation()

    @classmethod
    def beside(cls, encoder: TrainedEncoder, config: Evaluation) -> Self | None:
        """The same beside all."""
        return cls(options=config.aggregates)

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Compute on the CPU: sums by client are bound by reading the events."""
        most = embedding.max_events if embedding.long_histories == "last" else None

        def compute(rows: np.ndarray) -> np.ndarray:
            return np.concatenate([self._features(Histories.read(store, some, most)) for some in _chunks(store, rows)])

        return Featurizer(compute, 0 if most is None else int(np.count_nonzero(store.lengths > most)))

    def _features(self, events: Histories) -> np.ndarray:
        """(C, F) of the clients of histories (C,)."""
        blocks = (column for name in self.options.blocks for column in BLOCKS[name](events, self.options))
        columns = [column.reshape(len(column), -1).astype(np.float32) for column in blocks]
        features = np.concatenate(columns, axis=1)
        features[events.length == 0] = 0
        return features


def _chunks(store: EventStore, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Clients of about ``_CHUNK_EVENTS`` events together, and no more than ``_CHUNK_CLIENTS``; at least one a chunk."""
    before = np.cumsum(store.lengths[rows]) - store.lengths[rows]
    span = before // _CHUNK_EVENTS + np.arange(len(rows)) // _CHUNK_CLIENTS  # neither falls: a chunk is a stretch
    return iter(np.split(rows, np.flatnonzero(np.diff(span)) + 1))
