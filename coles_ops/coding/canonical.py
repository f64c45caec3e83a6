"""A table of events as users hold one, brought to the canonical columns that coding takes, or refused by name."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coles_ops.coding.features import EventFeatures
from coles_ops.schema import CLIENT, MISSING, SEQUENCE, TIME, DataError


def canonical_table(features: EventFeatures, events: pa.Table | pd.DataFrame) -> pa.Table:
    """client_id and categories as dictionaries of text, event_time in microseconds, reals as float64; a chunk each.

    Raises:
        DataError: a column lacks or is of another kind, or a client, a time or an amount is missing.
    """
    given = pa.Table.from_pandas(events, preserve_index=False) if isinstance(events, pd.DataFrame) else events
    flags = {flag: amount for amount, flag in features.missing.items() if flag not in given.column_names}
    wanted = (CLIENT, TIME, *features.raw)
    if lacking := [name for name in wanted if name not in given.column_names and name not in flags]:
        raise DataError(f"the events lack {', '.join(lacking)}; they have {', '.join(given.column_names)}")
    amounts = {name: _amount(name, given[name]) for name in features.amounts}
    columns = {CLIENT: _client(given[CLIENT]), TIME: _time(given[TIME])}
    for name in features.categories:
        columns[name] = _flag(amounts[flags[name]]) if name in flags else _text(name, given[name])
    for name, amount in amounts.items():
        columns[name] = pc.fill_null(amount, 0.0) if name in features.missing else amount
        _check_finite(name, columns[name])
    if features.sequence:
        columns[SEQUENCE] = _amount(SEQUENCE, given[SEQUENCE])
        _check_finite(SEQUENCE, columns[SEQUENCE])
    return pa.table({name: _one_chunk(column) for name, column in columns.items()})


def _client(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = _text(CLIENT, column)
    known = pc.utf8_trim_whitespace(text.combine_chunks().dictionary) if len(text) else pa.array([], pa.string())
    if text.null_count or pc.any(pc.equal(known, "")).as_py():
        raise DataError(f"{CLIENT} is missing in some events")
    return text


def _text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As a dictionary of the values that occur."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_null)
    if not any(fits(kind) for fits in texts):
        raise DataError(f"{name} must be text, as the encoder was fitted on, and is {kind}")
    return column.cast(kind).cast(pa.string()).dictionary_encode()


def _time(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_timestamp(column.type):
        raise DataError(f"{TIME} must be a timestamp and is {column.type}")
    if column.null_count:
        raise DataError(f"{TIME} is missing in {column.null_count} of {len(column)} events")
    return pc.floor_temporal(column, unit="microsecond").cast(pa.timestamp("us", column.type.tz))


def _amount(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As float64, null where it is missing."""
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
        raise DataError(f"{name} must be a number and is {column.type}")
    exact = column.cast(pa.float64())
    return pc.if_else(pc.is_nan(exact), None, exact)


def _check_finite(name: str, column: pa.ChunkedArray) -> None:
    finite = pc.sum(pc.fill_null(pc.is_finite(column), False), min_count=0).as_py()
    if bad := len(column) - finite:
        raise DataError(f"{name} is no finite number in {bad} of {len(column)} events")


def _flag(amount: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_null(amount), *MISSING).dictionary_encode()


def _one_chunk(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([column.unify_dictionaries().combine_chunks()])
