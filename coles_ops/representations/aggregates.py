"""Plain aggregates: what a good analyst computes without a neural network."""

from __future__ import annotations

from typing import ClassVar

from coles_ops.aggregates.blocks import describe_blocks
from coles_ops.aggregates.histories import Histories
from coles_ops.aggregates.options import Aggregation
from coles_ops.config import Embedding
from coles_ops.representations.base import REPRESENTATIONS, Described, Featurizer, by_chunks, most_events
from coles_ops.store import EventStore


@REPRESENTATIONS.register("aggregates")
class Aggregates(Described):
    """The blocks of aggregates that the configuration names, of the events that encoders read."""

    curve: ClassVar[bool] = True

    id: str = "aggregates"
    name: str = "aggregates"
    options: Aggregation = Aggregation()

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Compute on the CPU: sums by client are bound by reading the events."""
        most = most_events(embedding)
        return by_chunks(store, most, lambda rows: describe_blocks(Histories.read(store, rows, most), self.options))
