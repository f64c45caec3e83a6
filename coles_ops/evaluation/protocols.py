"""Which clients a probe is fitted on, stopped early on and tested on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coles_ops.schema import Part
from coles_ops.store import EventStore


@dataclass(frozen=True)
class Fold:
    """A split of the labelled clients."""

    number: int
    parts: dict[Part, np.ndarray]  # training, validation and test clients: ascending positions in the store


def study(store: EventStore) -> Iterator[Fold]:
    """The study's protocol: the fixed parts of the split, once."""
    yield Fold(0, {part: store.rows(part) for part in (Part.TRAIN, Part.VALID, Part.TEST)})


PROTOCOLS = {"study": study}
