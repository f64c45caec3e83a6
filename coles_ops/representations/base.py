"""The contract of a representation: one that describes clients, or one that predicts them by itself.

R clients, F features of a client; N clients that teach, M that are predicted, P columns of a prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from coles_ops.aggregates.histories import chunks
from coles_ops.config import Embedding
from coles_ops.features import Features, stack
from coles_ops.probes import Fitting
from coles_ops.registry import Registry
from coles_ops.store import EventStore

_BLOCK = 1 << 16  # clients described at a time


@dataclass(frozen=True)
class Featurizer:
    """Describes clients of one store, as many at a time as fit the memory.

    Args:
        compute: ascending rows of the store (R,) to features (R, F) float32, dense or sparse.
        truncated: clients of the store of whom not all events are read.
    """

    compute: Callable[[np.ndarray], Features]
    truncated: int = 0

    def blocks(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, Features]]:
        """Rows (B,) and features (B, F) of one block of clients after the other."""
        for first in range(0, len(rows), _BLOCK):
            block = rows[first : first + _BLOCK]
            yield block, self.compute(block)

    def of_all(self, store: EventStore) -> Iterator[tuple[np.ndarray, Features]]:
        """Ids (B,) and features (B, F) of all clients, one block after the other."""
        return ((store.ids[rows], features) for rows, features in self.blocks(np.arange(len(store.lengths))))

    def __call__(self, rows: np.ndarray) -> Features:
        """(R, F) float32 of ascending rows (R,)."""
        return stack([features for _, features in self.blocks(rows)])


@dataclass(frozen=True)
class Teachers:
    """Clients who teach: nothing else has a label where something is learnt."""

    rows: np.ndarray  # (N,) of the store
    labels: np.ndarray  # (N,)
    inner: np.ndarray  # (N,) their inner folds, by which all is chosen that is to be chosen


@dataclass(frozen=True)
class Learnt:
    """What clients taught, as they chose it among themselves."""

    predicted: np.ndarray  # (M, P) of those who are to be predicted
    score: float  # by the target, over the inner folds
    complexity: float
    out_of_fold: np.ndarray  # (N, P) of those who taught, each by what the other inner folds taught


@dataclass(frozen=True)
class Predictor:
    """Learns from labels and predicts, without a probe.

    Args:
        learn: from those who teach to predictions of rows (M,).
        n_features: of what it predicts by.
        truncated: clients of the store of whom not all events are read.
    """

    learn: Callable[[Teachers, np.ndarray, Fitting], Learnt]
    n_features: int
    truncated: int = 0


def most_events(embedding: Embedding) -> int | None:
    """Events of a client that are read where nothing is averaged over windows: the last ones; None reads all."""
    return embedding.max_events if embedding.long_histories == "last" else None


def by_chunks(store: EventStore, most: int | None, compute: Callable[[np.ndarray], Features]) -> Featurizer:
    """Compute for a few clients at a time, of each of whom ``most`` events are read."""
    truncated = 0 if most is None else int(np.count_nonzero(store.lengths > most))
    return Featurizer(lambda rows: stack([compute(some) for some in chunks(store, rows)]), truncated)


class Representation(BaseModel):
    """A candidate or a baseline. A value: workers are sent it, and what was computed from it is found by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    permutes: ClassVar[bool] = False  # whether its probes are taught, and scored by, permuted labels: a gate, no row
    curve: ClassVar[bool] = False  # whether it is also read by a probe of fewer labels

    id: str  # unique in a run: a file's name
    name: str  # as people read it
    seed: int = 0  # which of the seeds by which its row is made, counted from 0

    @classmethod
    def kind(cls) -> str:
        """The name it is registered under."""
        return next(name for name in REPRESENTATIONS.names() if REPRESENTATIONS.get(name) is cls)

    @property
    def row(self) -> str:
        """What it is a seed of: a candidate, or a row of the long table; of its own unless it has seeds."""
        return self.id

    @property
    def family(self) -> str:
        """What it has in common with candidates that are made alike."""
        return self.row

    @property
    def title(self) -> str:
        """What a sentence calls it."""
        return self.name

    def made_from(self) -> list[Any]:
        """What its predictions follow from, beside the events: parts of a fingerprint."""
        return [self]


class Described(Representation):
    """A way to describe clients, by what probes predict."""

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Get ready to describe clients of a store, computing on ``device`` what is worth it."""
        raise NotImplementedError


class Predicting(Representation):
    """A way to predict clients, which takes no probe: it has the same predictions beside every one."""

    def predictor(self, store: EventStore, rows: np.ndarray, embedding: Embedding, device: str) -> Predictor:
        """Get ready to learn from some, and predict others, of the clients at ascending rows (R,) of a store."""
        raise NotImplementedError


REPRESENTATIONS: Registry[type[Representation]] = Registry("representation", "coles_ops.representations")
