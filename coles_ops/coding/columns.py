"""Raw columns as numbers: the part of coding that needs nothing fitted. M rows, V values of a category."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from coles_ops.schema import CLIENT, MICROS, NULL, ROW, SEQUENCE, TIME

Columns = dict[str, np.ndarray]
MICROSECONDS = 1_000_000  # of a second


def numbers(table: pa.Table, ids: pa.Array, values: Mapping[str, pa.Array], amounts: tuple[str, ...]) -> Columns:
    """Row of the client, microseconds, positions of the values, signed logarithms and sequence if any, (M,) each.

    Args:
        table: canonical columns in one chunk each, texts as dictionaries.
        ids: client ids in row order.
        values: category to its values, in ascending order.
        amounts: real columns.
    """
    found = {name: positions(table[name], texts).to_numpy() for name, texts in {CLIENT: ids, **values}.items()}
    found[ROW] = found.pop(CLIENT)
    found[MICROS] = table[TIME].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    if SEQUENCE in table.column_names:
        found[SEQUENCE] = table[SEQUENCE].to_numpy()
    return found | {name: signed_log(table[name].to_numpy()) for name in amounts}


def positions(column: pa.ChunkedArray, values: pa.Array) -> pa.Array:
    """Of each text of a dictionary column of one chunk its position in ``values``, which must hold them all."""
    chunk = column.chunk(0)
    place = pc.index_in(pa.concat_arrays([chunk.dictionary, pa.array([NULL])]), values)
    found = place.take(chunk.indices.fill_null(len(chunk.dictionary)))
    assert not found.null_count, "a value that was not counted"
    return found


def signed_log(amount: np.ndarray) -> np.ndarray:
    """Sign * log1p, float32: amounts span orders of magnitude, on both sides of zero."""
    return (np.sign(amount) * np.log1p(np.abs(amount))).astype(np.float32)


def signed_exp(logarithm: np.ndarray) -> np.ndarray:
    """The amount that ``signed_log`` was taken of."""
    return np.sign(logarithm) * np.expm1(np.abs(logarithm))
