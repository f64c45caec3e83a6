"""A coding applied to new events in memory: what preprocessing would have written of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coles_ops.coding.canonical import canonical_table
from coles_ops.coding.coding import EventCoding
from coles_ops.coding.columns import Columns, numbers
from coles_ops.coding.order import in_order
from coles_ops.schema import CLIENT, MICROS, NULL, ROW
from coles_ops.store import StoreSchema


@dataclass(frozen=True, eq=False)
class CodedEvents:
    """Events as a store holds them, in memory: C clients by id, E events by client and time."""

    schema: StoreSchema
    ids: np.ndarray  # (C,) client ids, ascending
    offsets: np.ndarray  # (C+1,) int64
    time: np.ndarray  # (E,) int64 microseconds
    columns: Columns  # (E,) each, in the schema's order
    unknown: dict[str, int]  # category to its events whose value the vocabulary does not hold

    @cached_property
    def lengths(self) -> np.ndarray:
        """(C,) int64 events of each client."""
        return np.diff(self.offsets)

    @property
    def n_events(self) -> int:
        """Events in all."""
        return int(self.offsets[-1])


def code_events(coding: EventCoding, events: pa.Table | pd.DataFrame) -> CodedEvents:
    """Code the events of whole clients, rows in any order.

    Args:
        coding: as it was fitted.
        events: client_id text, event_time timestamp (UTC where it names no zone), categories text, amounts real; null
            is a value of a category, and of an amount in ``coding.features.missing`` whose category is not there;
            sequence real where ``coding.features.sequence`` says so.

    Raises:
        DataError: a column lacks or is of another kind, or a client, a time or an amount is missing.
    """
    features = coding.features
    table = canonical_table(features, events)
    values = {name: _texts(table[name]) for name in (CLIENT, *features.categories)}
    ids = values.pop(CLIENT)[1:]  # the first is NULL, which no client is called
    found = in_order(numbers(table, ids, values, features.amounts), features, {ROW: ids, **values})
    columns = {name: coding.codes(name, texts)[found[name]] for name, texts in values.items()}
    unknown = {name: int(np.count_nonzero(columns[name] == coding.unknown_code(name))) for name in columns}
    columns |= {part: found[part] for part in features.calendar}
    columns |= {name: coding.scalers[name](found[name]) for name in features.reals}
    counts = np.bincount(found[ROW], minlength=len(ids))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    schema = coding.store_schema()
    return CodedEvents(schema, ids.to_numpy(zero_copy_only=False), offsets, found[MICROS], columns, unknown)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """The values of a dictionary column in ascending order, among them ``NULL``."""
    texts = pc.unique(pa.concat_arrays([column.chunk(0).dictionary, pa.array([NULL])]))
    return texts.take(pc.array_sort_indices(texts))
