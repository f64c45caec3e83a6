"""The events of some clients, end to end and in the units of their source, and sums by client.

C clients, E events of all of them together.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coles_ops.coding.columns import signed_exp
from coles_ops.coding.features import CALENDAR_CODES
from coles_ops.schema import GAP
from coles_ops.store import EventStore

_DAY = 86_400_000_000  # microseconds
_CHUNK_EVENTS = 1 << 18  # what fits into a processor's cache is the quickest
_CHUNK_CLIENTS = 1 << 13


@dataclass(frozen=True, eq=False)
class Histories:
    """Events of clients (C,), one client after the other, each in time order."""

    length: np.ndarray  # (C,) events of each
    age: np.ndarray  # (E,) days from the event to the client's cut
    day: np.ndarray  # (E,) int64 days since 1970, UTC
    codes: dict[str, np.ndarray]  # category to (E,) int64
    n_codes: dict[str, int]
    amounts: dict[str, np.ndarray]  # (E,) float64, the gap in seconds among them

    @classmethod
    def read(
        cls, store: EventStore, rows: np.ndarray, most: int | None = None, columns: Container[str] | None = None
    ) -> Histories:
        """Of the clients at ``rows`` (C,): all events, or the last ``most``; of these all columns, or some."""
        length = store.lengths[rows]
        read = length if most is None else np.minimum(length, most)
        owner = np.repeat(np.arange(len(rows)), read)  # (E,)
        first = store.offsets[rows] + length - read  # (C,)
        events = np.arange(len(owner)) + (first - (np.cumsum(read) - read))[owner]  # (E,) positions in the store
        time, schema = store.time[events], store.schema
        codes = [name for name in schema.categories if columns is None or name in columns]
        amounts = [name for name in schema.amounts if columns is None or name in columns]
        return cls(
            length=read,
            age=(store.cuts[rows][owner] - time) / _DAY,
            day=time // _DAY,
            codes={name: store.columns[name][events].astype(np.int64) for name in codes},
            n_codes=schema.categories,
            amounts={name: _raw(store, name, events) for name in amounts},
        )

    @cached_property
    def owner(self) -> np.ndarray:
        """(E,) the client of each event."""
        return np.repeat(np.arange(len(self.length)), self.length)

    @cached_property
    def filled(self) -> np.ndarray:
        """Clients that have events, ascending."""
        return np.flatnonzero(self.length)

    @property
    def categories(self) -> list[str]:
        """Columns of the source."""
        return [name for name in self.codes if name not in CALENDAR_CODES]

    @property
    def calendar(self) -> list[str]:
        """Parts of the clock on the wall."""
        return [name for name in self.codes if name in CALENDAR_CODES]

    @property
    def paid(self) -> dict[str, np.ndarray]:
        """Amounts of the source, without the gap."""
        return {name: values for name, values in self.amounts.items() if name != GAP}

    def sum(self, values: np.ndarray, where: np.ndarray | slice = slice(None)) -> np.ndarray:
        """(C,) sums of values (E,), of the events chosen."""
        return np.bincount(self.owner[where], values[where], len(self.length))

    def count(self, where: np.ndarray | slice = slice(None)) -> np.ndarray:
        """(C,) events, of those chosen."""
        return np.bincount(self.owner[where], minlength=len(self.length))

    def sum_by_code(self, name: str, most: int, values: np.ndarray | None = None) -> np.ndarray:
        """(C, K) sums of values (E,), or events, by code 1..K, at most ``most`` of them: codes go by frequency."""
        width = min(self.n_codes[name], most + 1)
        kept = self.codes[name] < width
        cell = (self.owner * width + self.codes[name])[kept]
        weights = None if values is None else values[kept]
        return np.bincount(cell, weights, len(self.length) * width).reshape(-1, width)[:, 1:]

    def reduce(self, how: np.ufunc, values: np.ndarray) -> np.ndarray:
        """(C,) values (E,) reduced by a ufunc; 0 for a client without events."""
        found = np.zeros(len(self.length))
        if len(self.filled):
            begin = np.cumsum(self.length) - self.length
            found[self.filled] = how.reduceat(values, begin[self.filled])
        return found

    def quantiles(self, values: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
        """(C, Q) values (E,) of the client's own that stand at these shares of its events; zeros without any."""
        # One sort of integers orders the values of every client: the client above, the bits of the real below.
        key = np.sort((self.owner << 32) + _ascending(values.astype(np.float32).view(np.int32)))  # (E,)
        ordered = _ascending((key - (self.owner << 32)).astype(np.int32)).view(np.float32)  # (E,)
        found = np.zeros((len(self.length), len(shares)))
        begin = (np.cumsum(self.length) - self.length)[self.filled, None]
        last = self.length[self.filled, None] - 1
        found[self.filled] = ordered[begin + np.rint(last * np.array(shares)).astype(np.int64)]
        return found


def chunks(store: EventStore, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Clients of about ``_CHUNK_EVENTS`` events together, and no more than ``_CHUNK_CLIENTS``; at least one a chunk."""
    before = np.cumsum(store.lengths[rows]) - store.lengths[rows]
    span = before // _CHUNK_EVENTS + np.arange(len(rows)) // _CHUNK_CLIENTS  # neither falls: a chunk is a stretch
    return iter(np.split(rows, np.flatnonzero(np.diff(span)) + 1))


def _ascending(bits: np.ndarray) -> np.ndarray:
    """Of the bits of reals (int32) integers in the order of the reals, and back."""
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)


def _raw(store: EventStore, name: str, events: np.ndarray) -> np.ndarray:
    """(E,) a real column as its source had it, where the store knows how it was scaled."""
    values = store.columns[name][events].astype(np.float64)
    if name not in store.schema.scalers:
        return values
    mean, deviation = store.schema.scalers[name]
    return signed_exp(values * deviation + mean)
