"""The event store: flat typed columns and an offsets array, memory-mapped and shared by all trials.

Events of client ``i`` are ``column[offsets[i]:offsets[i + 1]]``, in time order. A folder holds::

    time.npy     int64   (E,)    microseconds since 1970-01-01 UTC
    offsets.npy  int64   (C+1,)
    clients.parquet      (C,)    client_id, part, label (as the target has it), group_id, and where the
                                 cuts are known cut (microseconds)
    store.json           StoreSchema
    columns/<name>.npy   (E,)    uint8/16/32 codes, 0 = padding;  float32 amounts

Nothing but this module knows these names: ``EventStore`` reads them, ``write_store`` and ``StoreWriter`` write them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike
from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts import reading, write_json
from coles_ops.schema import CLIENT, CUT, GROUP, LABEL, MICROS, PART, Part
from coles_ops.targets import UNLABELLED, AnyTarget

_TIME, _OFFSETS, _CLIENTS, _SCHEMA, _COLUMNS = "time.npy", "offsets.npy", "clients.parquet", "store.json", "columns"
GIVES_AWAY = 0.5  # share of a category's entropy that is gone where the client is known, from which on it names clients


class StoreSchema(BaseModel):
    """What a reader must know of the events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: dict[str, int]  # column to its number of codes, padding and unknown included
    amounts: tuple[str, ...]  # float columns: scaled amounts, and the gap
    target: AnyTarget = UNLABELLED  # what the labels are
    scalers: dict[str, tuple[float, float]] = {}  # mean and deviation of the signed logarithms that were standardised
    identity: dict[str, float] = {}  # category to the share of its entropy that is gone where the client is known

    @property
    def giving_away(self) -> tuple[str, ...]:
        """Categories that say who a client is rather than what it does."""
        return tuple(name for name, share in self.identity.items() if share >= GIVES_AWAY)

    def without(self, columns: Sequence[str]) -> StoreSchema:
        """Of events that lack these columns."""
        categories = {name: codes for name, codes in self.categories.items() if name not in columns}
        amounts = tuple(name for name in self.amounts if name not in columns)
        return self.model_copy(update={"categories": categories, "amounts": amounts})


class CodedColumns(Protocol):
    """Coded events by client, wherever they are: what an encoder reads."""

    def __hash__(self) -> int:
        """Of what never changes."""

    @property
    def schema(self) -> StoreSchema:
        """Columns and cardinalities."""

    @property
    def offsets(self) -> np.ndarray:
        """(C+1,) int64."""

    @property
    def lengths(self) -> np.ndarray:
        """(C,) int64 events of each client."""

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """Every category and amount, (E,), in the schema's order."""


@dataclass(frozen=True)
class EventStore:
    """A store opened read-only; columns are read when indexed and shared between processes.

    What cannot be read is a DamagedError with the file's path.
    """

    path: Path

    @cached_property
    def schema(self) -> StoreSchema:
        """Columns and cardinalities."""
        with reading(self.path / _SCHEMA) as file:
            return StoreSchema.model_validate_json(file.read_text())

    @cached_property
    def offsets(self) -> np.ndarray:
        """(C+1,) int64, in memory."""
        with reading(self.path / _OFFSETS) as file:
            return np.load(file)

    @cached_property
    def lengths(self) -> np.ndarray:
        """(C,) int64 events of each client."""
        return np.diff(self.offsets)

    @cached_property
    def time(self) -> np.ndarray:
        """(E,) int64 microseconds, memory-mapped."""
        return _map(self.path / _TIME)

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """Every category and amount, (E,), memory-mapped, in the schema's order."""
        return {name: _map(_column(self.path, name)) for name in (*self.schema.categories, *self.schema.amounts)}

    @cached_property
    def clients(self) -> pd.DataFrame:
        """(C,) rows: client_id, part, label, group_id, and cut where it is known."""
        with reading(self.path / _CLIENTS) as file:
            return pd.read_parquet(file)

    def rows(self, *parts: Part, min_events: int = 0) -> np.ndarray:
        """Positions of the clients of these parts that have at least ``min_events`` events, ascending."""
        chosen = self.clients[PART].isin([str(part) for part in parts]).to_numpy()
        return np.flatnonzero(chosen & (self.lengths >= min_events))

    @cached_property
    def labels(self) -> np.ndarray:
        """(C,) as the target has them: codes of classes, -1 where there is none; or numbers, NaN there."""
        return self.clients[LABEL].to_numpy()

    @cached_property
    def ids(self) -> np.ndarray:
        """(C,) client ids."""
        return self.clients[CLIENT].to_numpy()

    @cached_property
    def groups(self) -> np.ndarray:
        """(C,) ids of groups; a client without one is a group by itself."""
        return self.clients[GROUP].to_numpy(str)

    @cached_property
    def cuts(self) -> np.ndarray:
        """(C,) int64 microseconds, before which the events of a client lie: its cut, else the end of the data."""
        if CUT in self.clients:
            return self.clients[CUT].to_numpy()
        return np.full(len(self.lengths), self.time.max(initial=0) + 1)

    @property
    def n_events(self) -> int:
        """Events in all."""
        return int(self.offsets[-1])


class StoreWriter:
    """A new store whose columns, and ``time``, are filled part by part, by several threads, and are changed in place.

    Args:
        path: folder to make.
    """

    def __init__(self, path: Path):
        self.path = path
        (path / _COLUMNS).mkdir(parents=True)

    def create(self, name: str, kind: DTypeLike, events: int) -> None:
        """Make a column, whose room is taken."""
        allocate(self._file(name), kind, events)

    def open(self, name: str) -> np.ndarray:
        """A column mapped anew, so that its pages leave this process when the work on a part is done."""
        return np.load(self._file(name), mmap_mode="r+")

    @contextmanager
    def replaced(self, name: str, kind: DTypeLike) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield a column and an empty one, of another type, that is in its place when the block ends."""
        column, anew = self.open(name), self._file(name).with_suffix(".partial")
        allocate(anew, kind, len(column))
        yield column, np.load(anew, mmap_mode="r+")
        anew.replace(self._file(name))

    def remove(self, name: str) -> None:
        """Of a column that was there for the work alone."""
        self._file(name).unlink()

    def finish(self, schema: StoreSchema, offsets: np.ndarray, clients: pd.DataFrame) -> EventStore:
        """Write what makes a store of the columns.

        Args:
            schema: names the columns.
            offsets: (C+1,).
            clients: (C,) rows: client_id, part, label, and group_id and cut where there are any.
        """
        np.save(self.path / _OFFSETS, offsets.astype(np.int64))
        clients = clients.reindex(columns=[CLIENT, PART, LABEL, GROUP, *([CUT] if CUT in clients else [])])
        clients.fillna({GROUP: clients[CLIENT]}).to_parquet(self.path / _CLIENTS, index=False)
        write_json(self.path / _SCHEMA, schema)
        return EventStore(self.path)

    def _file(self, name: str) -> Path:
        return self.path / _TIME if name == MICROS else _column(self.path, name)


def write_store(
    path: Path, schema: StoreSchema, time: np.ndarray, offsets: np.ndarray, columns: Mapping[str, np.ndarray],
    clients: pd.DataFrame,
) -> EventStore:  # fmt: skip
    """Write a store whose columns are in memory.

    Args:
        path: folder to make.
        schema: names the columns.
        time: (E,) microseconds.
        offsets: (C+1,).
        columns: (E,) each; codes are written in the smallest type that holds the schema's number of them.
        clients: (C,) rows: client_id, part, label, and group_id and cut where there are any.
    """
    writer = StoreWriter(path)
    np.save(path / _TIME, time.astype(np.int64))
    for name, values in columns.items():
        kind = np.float32 if name in schema.amounts else code_type(schema.categories[name])
        np.save(_column(path, name), values.astype(kind))
    return writer.finish(schema, offsets, clients)


def allocate(path: Path, kind: DTypeLike, events: int) -> None:
    """A new file of an array to be filled, its room taken now: on a full disk a page without room is a SIGBUS."""
    np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(events,))
    if take := getattr(os, "posix_fallocate", None):  # not on every system
        with path.open("r+b") as file:
            take(file.fileno(), 0, path.stat().st_size)


def _column(path: Path, name: str) -> Path:
    """In a folder of their own, so that no column of a user, whatever its name, is another file of the store."""
    return path / _COLUMNS / f"{name}.npy"


def _map(path: Path) -> np.ndarray:
    # Copy-on-write: the file cannot be changed through it, and torch takes it without a copy.
    with reading(path) as file:
        return np.load(file, mmap_mode="c")


def code_type(n_codes: int) -> type[np.unsignedinteger]:
    """The smallest unsigned type that holds codes 0 .. n_codes - 1."""
    return next(t for t in (np.uint8, np.uint16, np.uint32) if n_codes - 1 <= np.iinfo(t).max)
