"""The contract of a representation.

R clients, F features of a client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from coles_ops.config import Embedding, Evaluation
from coles_ops.registry import Registry
from coles_ops.store import EventStore

if TYPE_CHECKING:
    from coles_ops.representations.encoders import TrainedEncoder

_BLOCK = 1 << 16  # clients described at a time


@dataclass(frozen=True)
class Featurizer:
    """Describes clients of one store, as many at a time as fit the memory.

    Args:
        compute: ascending rows of the store (R,) to features (R, F) float32.
        truncated: clients of the store of whom not all events are read.
    """

    compute: Callable[[np.ndarray], np.ndarray]
    truncated: int = 0

    def blocks(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows (B,) and features (B, F) of one block of clients after the other."""
        for first in range(0, len(rows), _BLOCK):
            block = rows[first : first + _BLOCK]
            yield block, self.compute(block)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """(R, F) float32 of ascending rows (R,)."""
        return np.concatenate([features for _, features in self.blocks(rows)])


class Representation(BaseModel):
    """A way to describe clients. A value: workers are sent it, and what was computed from it is found by it."""

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
        """The representation that the long table shows it as: seeds, and folds with another finalist, are one row."""
        return self.kind()

    @classmethod
    def beside(cls, encoder: TrainedEncoder, config: Evaluation) -> Self | None:
        """What is scored beside a finalist's encoder, in the folds where that is scored; None where this is one."""
        raise NotImplementedError

    def made_from(self) -> list[Any]:
        """What its features follow from, beside the events: parts of a fingerprint."""
        return [self]

    def describe(self, store: EventStore, embedding: Embedding, device: str) -> Featurizer:
        """Get ready to describe clients of a store, computing on ``device`` what is worth it."""
        raise NotImplementedError


REPRESENTATIONS: Registry[type[Representation]] = Registry("representation", "coles_ops.representations")
