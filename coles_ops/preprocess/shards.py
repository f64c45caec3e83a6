"""Rows to shards of consecutive clients: the columns of the store are filled shard by shard, then sorted in place."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
import pyarrow as pa

from coles_ops.artefacts.rows import RowGroup, Rows, read_good
from coles_ops.coding.columns import numbers
from coles_ops.coding.features import EventFeatures
from coles_ops.schema import CLIENT, ROW, TIME
from coles_ops.store import StoreWriter


@dataclass(frozen=True)
class Layout:
    """Where the events of each client lie, and which clients make a shard."""

    offsets: np.ndarray  # (C+1,) int64
    firsts: np.ndarray  # (S+1,) first client of each shard, and C

    @classmethod
    def of(cls, lengths: np.ndarray, size: int) -> "Layout":
        """Shards of about ``size`` events; a client (C,) is never divided, however long."""
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        begins = np.flatnonzero(np.diff(offsets[:-1] // size, prepend=-1))
        return cls(offsets, np.append(begins, len(lengths)))

    @property
    def borders(self) -> np.ndarray:
        """(S+1,) first event of each shard, and E."""
        return self.offsets[self.firsts]


def scatter_to_shards(
    rows: Rows,
    store: StoreWriter,
    layout: Layout,
    ids: pa.Array,
    values: Mapping[str, pa.Array],
    features: EventFeatures,
    pool: ThreadPoolExecutor,
) -> None:
    """Write every good row into the stretch of its shard, in no particular order within it, as ``numbers`` gives it.

    Args:
        rows: as they were read.
        store: its columns are there and empty.
        layout: of the store.
        ids: (C,) client ids in row order.
        values: category to its values, in ascending order; their positions are written.
        features: names the columns.
        pool: its threads hold a row group each.
    """
    shard_of = np.repeat(np.arange(len(layout.firsts) - 1, dtype=np.uint16), np.diff(layout.firsts))  # (C,)
    filled, lock = layout.borders[:-1].copy(), Lock()

    def scatter(group: RowGroup) -> None:
        nonlocal filled
        table = read_good(group, [CLIENT, TIME, *features.raw])
        if not len(table):
            return
        found = numbers(table, ids, values, features.amounts)
        shard = shard_of[found[ROW]]
        order = np.argsort(shard, kind="stable")  # of 16 bits: a radix sort
        counts = np.bincount(shard, minlength=len(filled))  # (S,)
        with lock:
            starts = filled
            filled = filled + counts
        ends = np.cumsum(counts)
        for name, column in found.items():
            target, ordered = store.open(name), column[order]
            for i in np.flatnonzero(counts):
                target[starts[i] : starts[i] + counts[i]] = ordered[ends[i] - counts[i] : ends[i]]

    list(pool.map(scatter, rows.row_groups()))
    assert np.array_equal(filled, layout.borders[1:]), "not the events counted"
