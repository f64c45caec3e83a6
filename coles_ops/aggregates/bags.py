"""Histories as bags of codes: how often each code of some columns stands in each.

C clients, E events of all of them together, V codes of all columns side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy import sparse

from coles_ops.aggregates.histories import Histories, chunks
from coles_ops.coding.features import CALENDAR_CODES
from coles_ops.features import stack
from coles_ops.store import EventStore


@dataclass(frozen=True, eq=False)
class Bags:
    """Reads the codes of some columns, of all events of a client or its last ones."""

    store: EventStore
    columns: tuple[str, ...]
    most: int | None  # events of a client; None reads all

    @classmethod
    def of(cls, store: EventStore, columns: tuple[str, ...] | None, most: int | None) -> Self:
        """Of the columns named, else of the source's own that do not give clients away, else of what there is."""
        there, telling = list(store.schema.categories), store.schema.giving_away
        own = [name for name in there if name not in CALENDAR_CODES]
        found = columns or [name for name in own if name not in telling] or own or there
        return cls(store, tuple(found), most)

    @cached_property
    def first(self) -> list[int]:
        """Where the codes of each column begin among all, and V; code 0, which no event has, is left out."""
        return np.cumsum([0, *(self.store.schema.categories[name] - 1 for name in self.columns)]).tolist()

    def read(self, rows: np.ndarray) -> Iterator[tuple[Histories, list[np.ndarray]]]:
        """Histories of some of ``rows``, and the codes of their events by column, (E,) each, chunk by chunk."""
        for some in chunks(self.store, rows):
            events = Histories.read(self.store, some, self.most, self.columns)
            yield (
                events,
                [events.codes[name] - 1 + first for name, first in zip(self.columns, self.first, strict=False)],
            )

    def counts(self, rows: np.ndarray) -> sparse.csr_matrix:
        """(C, V) float32: how often each code stands in the history of each client."""
        found = []
        for events, codes in self.read(rows):
            cells = np.tile(events.owner, len(codes)), np.concatenate(codes)
            ones = np.ones(len(cells[0]), dtype=np.float32)
            found.append(sparse.csr_matrix((ones, cells), shape=(len(events.length), self.first[-1])))
        return stack(found)


def frequent(counts: sparse.csr_matrix, least: int) -> np.ndarray:
    """Ascending codes of bags (C, V) that at least so many clients have; all that there are if none is."""
    clients = counts.getnnz(axis=0)  # (V,)
    return np.flatnonzero(clients >= (least if clients.max() >= least else 1))
