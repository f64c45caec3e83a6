"""Counts, topics and whatever else is registered as a factor, beside encoders."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import SerializeAsAny

from coles_ops.config import Embedding
from coles_ops.datasets import Dataset
from coles_ops.factors import Factor
from coles_ops.representations.base import REPRESENTATIONS, Described, Featurizer, by_chunks, most_events
from coles_ops.store import EventStore


@REPRESENTATIONS.register("factor")
class Factored(Described):
    """One of those that ``evaluation.representations`` lists; the same events as encoders read."""

    curve: ClassVar[bool] = True

    options: SerializeAsAny[Factor]

    @classmethod
    def of(cls, options: Factor, dataset: Dataset) -> Self:
        """By its options, which name columns as the user knows them."""
        return cls(id=options.row, name=options.row, options=options.renamed(dataset.stored))

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Fit on clients who train encoders, then describe any."""
        most = most_events(embedding)
        return by_chunks(store, most, self.options.fit(store, most))
