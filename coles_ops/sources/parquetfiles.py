"""Parquet files of one or several schemas: by name, each column in the widest type of all files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coles_ops.schema import DataError
from coles_ops.sources.dialect import lacking, place_of
from coles_ops.sources.find import hive_keys
from coles_ops.sources.kinds import naming

log = logging.getLogger("coles.sources")

_ROWS = 1 << 18  # read at a time
_PLAIN = {pa.string(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.bool_(), pa.date32()}
_TEXT, _WALL, _INSTANT = pa.string(), pa.timestamp("us"), pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class ParquetFile:
    """A file, and of each wanted column its place and its type as it lies; None where the file has none."""

    path: Path
    places: tuple[int | None, ...]
    types: tuple[pa.DataType | None, ...]
    simple: bool  # Spark finds the columns by itself


def look(file: Path, wanted: Sequence[str], what: str) -> ParquetFile:
    """Read the schema of a file; raises DataError where it is damaged."""
    with naming(file, what):
        schema = pq.ParquetFile(file).schema_arrow
        names = schema.names
        places = tuple(place_of(name, names) for name in wanted)
    types = tuple(None if place is None else schema.types[place] for place in places)
    folded = [name.lower() for name in names]
    simple = not file.name.startswith(("_", ".")) and all(
        place is not None and names[place] == name and folded.count(name.lower()) == 1
        for name, place in zip(wanted, places, strict=True)
    )
    return ParquetFile(file, places, types, simple)


def common_types(files: Sequence[ParquetFile], wanted: Sequence[str], what: str) -> list[pa.DataType]:
    """The type that holds the values of all files, column by column.

    Raises:
        DataError: no file has the column, or its types have nothing in common; names both files.
    """
    found = []
    for i, name in enumerate(wanted):
        widest, first = None, None
        for file in files:
            if file.types[i] is None:
                if name in hive_keys(file.path):
                    widest = _TEXT
                continue
            kind = _readable(file.types[i], name, file.path, what)
            both = kind if widest is None else _widest(widest, kind)
            if both is None:
                raise DataError(
                    f"dataset.{what}: column {name!r} is {file.types[i]} in {file.path} and {widest} in {first}: "
                    "write the files with one type"
                )
            if widest is not None and both == _TEXT and {widest, kind} != {_TEXT}:
                log.warning(
                    "dataset.%s: column %r is %s in %s and %s in %s: read as text", what, name, kind, file.path, widest,
                    first,
                )  # fmt: skip
            widest, first = both, first or file.path
        found.append(widest)
    missing = [name for name, kind in zip(wanted, found, strict=True) if kind is None]
    if missing:
        names = pq.read_schema(files[0].path).names
        raise DataError(f"dataset.{what}: {files[0].path} {lacking(missing, names, rows=False)}")
    for file in files:
        absent = [name for name, kind in zip(wanted, file.types, strict=True) if kind is None]
        absent = [name for name in absent if name not in hive_keys(file.path)]
        if absent:
            log.warning("dataset.%s: %s has no column %s: null there", what, file.path, ", ".join(map(repr, absent)))
    return found


def _readable(kind: pa.DataType, name: str, file: Path, what: str) -> pa.DataType:
    """The type that a column's values are taken in; raises DataError for lists, structs and maps."""
    is_ = pa.types
    if is_.is_dictionary(kind):
        return _readable(kind.value_type, name, file, what)
    if is_.is_nested(kind) or is_.is_duration(kind) or is_.is_interval(kind):
        raise DataError(f"dataset.{what}: column {name!r} of {file} is {kind}: a single value is needed, not that")
    if is_.is_timestamp(kind):
        return _INSTANT if kind.tz else _WALL
    if is_.is_decimal(kind):
        return _decimal(kind.precision, kind.scale)
    for test, wide in (
        (is_.is_null, pa.null()),
        (is_.is_boolean, pa.bool_()),
        (is_.is_uint64, pa.decimal128(20, 0)),
        (is_.is_integer, pa.int64()),
        (is_.is_floating, pa.float64()),
        (is_.is_date, pa.date32()),
    ):
        if test(kind):
            return wide
    return _TEXT  # texts of all kinds, bytes, times of a day


def _widest(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """A type that holds both exactly, None where there is none that means the same."""
    if one == other or pa.types.is_null(one) or pa.types.is_null(other):
        return other if pa.types.is_null(one) else one
    kinds = {one, other}
    if any(map(pa.types.is_temporal, kinds)):
        return _WALL if kinds == {_WALL, pa.date32()} else None
    if all(map(_is_number, kinds)):
        if pa.float64() in kinds:
            return pa.float64()
        (p, s), (q, t) = map(_digits, (one, other))
        return _decimal(max(p - s, q - t) + max(s, t), max(s, t))
    return _TEXT


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _digits(kind: pa.DataType) -> tuple[int, int]:
    return (kind.precision, kind.scale) if pa.types.is_decimal(kind) else (19, 0)


def _decimal(precision: int, scale: int) -> pa.DataType:
    """Spark knows 38 digits; more are kept as text."""
    return pa.decimal128(precision, scale) if precision <= 38 and scale >= 0 else _TEXT


def as_they_lie(files: Sequence[ParquetFile]) -> bool:
    """Whether Spark itself reads all the files, and as quickly as it can: each has every column, in one plain type."""
    return all(file.simple and file.types == files[0].types for file in files) and all(
        kind is not None and (kind in _PLAIN or (pa.types.is_timestamp(kind) and kind.unit == "us"))
        for kind in files[0].types
    )


def convert(
    files: Sequence[ParquetFile],
    wanted: Sequence[str],
    types: Sequence[pa.DataType],
    what: str,
    folder: Path,
    cores: int,
) -> None:
    """Write columns c0, c1 ... of these types, of all files, into an empty folder."""

    def one(number: int, file: ParquetFile) -> None:
        with naming(file.path, what):
            schema = pa.schema([(f"c{i}", kind) for i, kind in enumerate(types)])
            with pq.ParquetWriter(folder / f"{number:05d}.parquet", schema, compression="lz4") as out:
                for table in _tables(file, wanted, types):
                    out.write_table(table.rename_columns(schema.names))

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(one, range(len(files)), files))


def _tables(file: ParquetFile, wanted: Sequence[str], types: Sequence[pa.DataType]) -> Iterator[pa.Table]:
    keys, source = hive_keys(file.path), pq.ParquetFile(file.path, coerce_int96_timestamp_unit="us")
    names = source.schema_arrow.names
    columns = [names[place] for place in file.places if place is not None]
    for batch in source.iter_batches(_ROWS, columns=columns):
        yield pa.table(
            [
                pa.repeat(pa.scalar(keys.get(name), pa.string()).cast(kind), len(batch))
                if place is None
                else cast(batch.column(names[place]), kind)
                for name, place, kind in zip(wanted, file.places, types, strict=True)
            ],
            names=[str(i) for i in range(len(wanted))],
        )


def cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Values in a wider type; parts of a microsecond are cut."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        column = column.cast(pa.large_string())
    if kind == _TEXT and pa.types.is_boolean(column.type):
        return pc.if_else(column, "true", "false")
    return column.cast(kind, safe=not pa.types.is_temporal(kind))
