"""Aggregates and an embedding side by side: what an encoder adds to what an analyst has."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from coles_ops.config import Embedding, Evaluation
from coles_ops.representations.aggregates import Aggregates
from coles_ops.representations.base import REPRESENTATIONS, Featurizer, Representation
from coles_ops.representations.encoders import TrainedEncoder
from coles_ops.store import EventStore


@REPRESENTATIONS.register("aggregates_and_coles")
class Joined(Representation):
    """The features of both."""

    aggregates: Aggregates
    encoder: TrainedEncoder

    @classmethod
    def beside(cls, encoder: TrainedEncoder, config: Evaluation) -> Self | None:
        """The encoder's own, beside the aggregates."""
        return cls(
            id=f"aggregates_and_coles-{encoder.id}",
            name="aggregates + CoLES",
            seed=encoder.seed,
            aggregates=Aggregates.beside(encoder, config),
            encoder=encoder,
        )

    def made_from(self) -> list[Any]:
        """What both are made from."""
        return [*self.aggregates.made_from(), *self.encoder.made_from()]

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Both: (R, F + D)."""
        both = [each.describe(store, embedding, device) for each in (self.aggregates, self.encoder)]
        return Featurizer(
            lambda rows: np.concatenate([describe.compute(rows) for describe in both], axis=1),
            max(describe.truncated for describe in both),
        )
