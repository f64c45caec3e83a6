"""The event store: flat typed columns and an offsets array, memory-mapped and shared by all trials.

Events of client ``i`` are ``column[offsets[i]:offsets[i + 1]]``, in time order. A folder holds::

    time.npy     int64   (E,)    seconds since 1970-01-01 UTC; the order is that of the microseconds
    offsets.npy  int64   (C+1,)
    <column>.npy uint8/16/32 (E,) codes, 0 = padding;  float32 (E,) amounts
    clients.parquet      (C,)    client_id, part, label (class code, -1 unlabelled)
    store.json           StoreSchema
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts import reading
from coles_ops.schema import CLIENT, LABEL, PART, Part


class StoreSchema(BaseModel):
    """What an encoder must know of the events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: dict[str, int]  # column to its number of codes, padding and unknown included
    amounts: tuple[str, ...]  # float columns: scaled amounts, and the gap
    classes: tuple[str, ...]  # label values by code


@dataclass(frozen=True)
class EventStore:
    """A store opened read-only; columns are read when indexed and shared between processes.

    What cannot be read is a DamagedError with the file's path.
    """

    path: Path

    @cached_property
    def schema(self) -> StoreSchema:
        """Columns and cardinalities."""
        with reading(self.path / "store.json") as file:
            return StoreSchema.model_validate_json(file.read_text())

    @cached_property
    def offsets(self) -> np.ndarray:
        """(C+1,) int64, in memory."""
        with reading(self.path / "offsets.npy") as file:
            return np.load(file)

    @cached_property
    def lengths(self) -> np.ndarray:
        """(C,) int64 events of each client."""
        return np.diff(self.offsets)

    @cached_property
    def time(self) -> np.ndarray:
        """(E,) int64 seconds, memory-mapped."""
        return self._map("time")

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """Every category and amount, (E,), memory-mapped, in the schema's order."""
        return {name: self._map(name) for name in (*self.schema.categories, *self.schema.amounts)}

    @cached_property
    def clients(self) -> pd.DataFrame:
        """(C,) rows: client_id, part, label code."""
        with reading(self.path / "clients.parquet") as file:
            return pd.read_parquet(file)

    def rows(self, *parts: Part, min_events: int = 0) -> np.ndarray:
        """Positions of the clients of these parts that have at least ``min_events`` events, ascending."""
        chosen = self.clients[PART].isin([str(part) for part in parts]).to_numpy()
        return np.flatnonzero(chosen & (self.lengths >= min_events))

    @cached_property
    def labels(self) -> np.ndarray:
        """(C,) class codes, -1 where unlabelled."""
        return self.clients[LABEL].to_numpy()

    @cached_property
    def ids(self) -> np.ndarray:
        """(C,) client ids."""
        return self.clients[CLIENT].to_numpy()

    @property
    def n_events(self) -> int:
        """Events in all."""
        return int(self.offsets[-1])

    def _map(self, name: str) -> np.ndarray:
        # Copy-on-write: the file cannot be changed through it, and torch takes it without a copy.
        with reading(self.path / f"{name}.npy") as file:
            return np.load(file, mmap_mode="c")


def code_type(n_codes: int) -> type[np.unsignedinteger]:
    """The smallest unsigned type that holds codes 0 .. n_codes - 1."""
    return next(t for t in (np.uint8, np.uint16, np.uint32) if n_codes - 1 <= np.iinfo(t).max)
