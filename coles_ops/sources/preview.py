"""A few rows of files, fast and without Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from coles_ops.sources import parquetfiles
from coles_ops.sources.csvfiles import CsvFile, look, text_of
from coles_ops.sources.csvtext import table_of
from coles_ops.sources.dialect import HEAD, place_of
from coles_ops.sources.find import hive_keys
from coles_ops.sources.frame import one_form
from coles_ops.sources.kinds import kind_of, naming, unpacked
from coles_ops.sources.options import CsvOptions

if TYPE_CHECKING:
    import pandas as pd

_FILES = 5  # looked at: the first, the last, and some between
_MANY = 50  # of which the marks of numbers are looked at
_AS_THEY_LIE = {"utf-8", "ascii"}


def sample(files: Sequence[Path], csv: CsvOptions, what: str, rows: int) -> pd.DataFrame:
    """About ``rows`` rows in all of the heads of some of the files; all columns as text, null where there is nothing.

    Raises:
        DataError: one cannot be read.
    """
    some = _spread(files)
    kinds = [kind_of(file, what) for file in some]
    one_form(some, kinds, what)
    tables = []
    for file, kind in zip(some, kinds, strict=True):
        if kind.form == "parquet":
            table = _parquet(file, -(-rows // len(some)), what)
        else:
            table = _csv(look(file, kind, (), csv, what), what).slice(0, -(-rows // len(some)))
        for name, value in hive_keys(file).items():
            if name not in table.column_names:
                table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), len(table)))
        tables.append(table)
    return pa.concat_tables(tables, promote_options="permissive").slice(0, rows).to_pandas()


def texts(
    files: Sequence[Path], csv: CsvOptions, what: str, column: str, rows: int
) -> Iterator[tuple[Path, list[str]]]:
    """Values of a column of text, up to about ``rows`` of each file; of CSV also from the middle and the end."""
    for file in _spread(files, _MANY):
        kind = kind_of(file, what)
        if kind.form == "parquet":
            table = _parquet(file, rows, what, column)
        else:
            seen = look(file, kind, (column,), csv, what)
            place = place_of(column, seen.dialect.names)
            table = _csv(seen, what, middle=True)
            table = table.select([] if place is None else [place]).rename_columns([column] if place is not None else [])
        if table.num_columns:
            yield file, table.column(0).drop_null().slice(0, 3 * rows).to_pylist()


def _spread(files: Sequence[Path], most: int = _FILES) -> list[Path]:
    n = min(len(files), most)
    return [files[i * (len(files) - 1) // max(n - 1, 1)] for i in range(n)]


def _csv(file: CsvFile, what: str, middle: bool = False) -> pa.Table:
    """All columns of the head, and of pieces from the middle and the end of a file that is not packed."""
    columns = range(len(file.dialect.names))
    with naming(file.path, what):
        with unpacked(file.path, file.packing) as stream:
            head = stream.read(HEAD)
            text = text_of(head, file.encoding, not stream.read(1))
        tables = [table_of(text.encode()[file.dialect.begin :], file.dialect, columns, torn=True)[0]]
        size = file.path.stat().st_size
        if middle and not file.packing and file.encoding in _AS_THEY_LIE and size > 3 * HEAD:
            with file.path.open("rb") as raw:
                for begin in (size // 2, size - HEAD):
                    raw.seek(begin)
                    piece = raw.read(HEAD)
                    piece = piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]
                    tables.append(table_of(piece, file.dialect, columns, torn=True)[0])
    names = [name or f"column {i + 1}" for i, name in enumerate(file.dialect.names)]
    return pa.concat_tables(tables).rename_columns(_once(names))


def _once(names: Sequence[str]) -> list[str]:
    """A second column of a name gets a number."""
    return [name if names.index(name) == i else f"{name} ({i + 1})" for i, name in enumerate(names)]


def _parquet(file: Path, rows: int, what: str, only: str | None = None) -> pa.Table:
    """Columns as text; of one name where asked, none where there is no such column of text."""
    with naming(file, what):
        source = pq.ParquetFile(file)
        names = source.schema_arrow.names
        if only and not (only in names and _is_text(source.schema_arrow.field(only).type)):
            return pa.table({})
        batch = next(source.iter_batches(rows, columns=[only] if only else None), None)
        if batch is None:
            return pa.table({name: pa.array([], pa.string()) for name in _once(names)})
        columns = {}
        for name, column in zip(_once(batch.schema.names), batch.columns, strict=True):
            try:
                columns[name] = parquetfiles.cast(column, pa.string())
            except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
                columns[name] = pa.array([None if value is None else str(value) for value in column.to_pylist()])
        return pa.table(columns)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
