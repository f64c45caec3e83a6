"""The contract of an objective: what it needs of a batch, and what it makes of it.

N events of all sub-sequences together, S sub-sequences, D width.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

from coles_ops.component import Component
from coles_ops.encoders.base import Events, SequenceEncoder
from coles_ops.registry import Registry

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


@dataclass(frozen=True)
class AfterEvents:
    """A part of a batch, event by event; packed, as the events are."""

    states: Tensor  # (N, D) float32 after every event
    events: Events  # as they are
    seconds: Tensor  # (N,) int64 when each happened, since 1970-01-01 UTC
    hidden: Tensor | None = None  # (N,) whether it was hidden from the encoder, where some were


@dataclass(frozen=True)
class Batch:
    """A batch as an objective sees it: all of its sub-sequences, in the order of clients."""

    embeddings: Tensor  # (S, D) float32
    clients: Tensor  # (S,) which client of the batch each comes from; on the host, where pairs are counted
    labels: Tensor | None = None  # (S,) codes of classes, -1 for none, or numbers, NaN for none; where asked for
    per_event: tuple[AfterEvents, ...] = ()  # part by part; where asked for


@dataclass(frozen=True)
class Needs:
    """What an objective needs of a batch."""

    views: int = 1  # least sub-sequences of a client; of two or more clients are told apart
    labels: bool = False
    per_event: bool = False  # the states after every event, and when it happened
    causal: bool = False  # states that follow from the events up to theirs alone
    later: bool = False  # states that follow from the events after theirs, too
    hidden: float = 0.0  # share of the events that the encoder is not shown


class Objective(Component):
    """What training minimises, and what it needs for that."""

    @property
    def needs(self) -> Needs:
        """Nothing but embeddings."""
        return Needs()

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        """A module that takes a ``Batch`` and returns a sum (scalar) and over how many terms it goes.

        Gradients are those of the sum, and what is told is the sum over all batches divided by the count. Its own
        weights are trained beside the encoder's, by the same optimiser, and kept with the state of a training.
        """
        raise NotImplementedError


class OfPairs(Objective):
    """An objective that compares sub-sequences of one client."""

    @property
    def needs(self) -> Needs:
        """Pairs of one client."""
        return Needs(views=2)


OBJECTIVES: Registry[type[Objective]] = Registry("objective", "coles_ops.objectives")
