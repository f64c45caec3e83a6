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
from coles_ops.sources.encoding import AS_THEY_LIE
from coles_ops.sources.find import hive_keys
from coles_ops.sources.frame import one_form
from coles_ops.sources.kinds import kind_of, naming, unpacked
from coles_ops.sources.options import CsvOptions

if TYPE_CHECKING:
    import pandas as pd

_FILES = 5  # looked at: the first, the last, and some between
_MANY = 50  # of which the marks of numbers are looked at


def sample(files: Sequence[Path], csv: CsvOptions, what: str, rows: int) -> pd.DataFrame:
    """About ``rows`` rows in all of the heads of some of the files; all columns as text, null where there is nothing.

    Raises:
        DataError: one cannot be read.
    """
    return part(files, csv, what, rows, HEAD)[0]


def part(
    files: Sequence[Path], csv: CsvOptions, what: str, rows: int, reach: int = 1 << 24
) -> tuple[pd.DataFrame, bool]:
    """As ``sample``, of pieces of ``reach`` bytes: heads, and where there is more of a file also of its middle and end.

    The second is whether these are all rows of all files.
    """
    some = _spread(files)
    kinds = [kind_of(file, what) for file in some]
    one_form(some, kinds, what)
    tables, whole, share = [], len(some) == len(files), -(-rows // len(some))
    for file, kind in zip(some, kinds, strict=True):
        if kind.form == "parquet":
            table, all_of_it = _parquet(file, share, what)
        else:
            table, all_of_it = _csv(look(file, kind, (), csv, what), what, share, reach, reach > HEAD)
        for name, value in hive_keys(file).items():
            if name not in table.column_names:
                table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), len(table)))
        tables.append(table)
        whole &= all_of_it
    return pa.concat_tables(tables, promote_options="permissive").to_pandas(), whole


def form_of(file: Path, csv: CsvOptions, what: str, wanted: Sequence[str] = ()) -> str:
    """What a file is taken for, in words; raises DataError where it cannot be read, or lacks a wanted column of CSV."""
    kind = kind_of(file, what)
    return "Parquet" if kind.form == "parquet" else f"CSV, {look(file, kind, wanted, csv, what)}"


def texts(
    files: Sequence[Path], csv: CsvOptions, what: str, columns: Sequence[str], rows: int
) -> Iterator[tuple[Path, dict[str, list[str]]]]:
    """Values of columns of text, up to about ``rows`` of each file; of CSV also from the middle and the end."""
    for file in _spread(files, _MANY):
        kind = kind_of(file, what)
        if kind.form == "parquet":
            table, _ = _parquet(file, rows, what, columns)
        else:
            seen = look(file, kind, columns, csv, what)
            places = {name: place_of(name, seen.dialect.names) for name in columns}
            places = {name: place for name, place in places.items() if place is not None}
            table, _ = _csv(seen, what, 3 * rows, HEAD, middle=True)
            table = table.select(list(places.values())).rename_columns(list(places))
        names = table.column_names
        yield file, {name: table[name].drop_null().slice(0, 3 * rows).to_pylist() for name in names}


def _spread(files: Sequence[Path], most: int = _FILES) -> list[Path]:
    n = min(len(files), most)
    return [files[i * (len(files) - 1) // max(n - 1, 1)] for i in range(n)]


def _csv(file: CsvFile, what: str, rows: int, reach: int, middle: bool = False) -> tuple[pa.Table, bool]:
    """All columns of the head, and of pieces from the middle and the end of a file that is not packed."""
    columns = range(len(file.dialect.names))
    size = file.path.stat().st_size
    with naming(file.path, what):
        with unpacked(file.path, file.packing) as stream:
            head = stream.read(reach)
            whole = not stream.read(1)
        text = text_of(head, file.encoding, whole)
        tables = [table_of(text.encode()[file.dialect.begin :], file.dialect, columns, torn=True)[0]]
        if middle and not file.packing and file.encoding in AS_THEY_LIE and size > 3 * reach:
            with file.path.open("rb") as raw:
                for begin in (size // 2, size - reach):
                    raw.seek(begin)
                    piece = raw.read(reach)
                    piece = piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]
                    tables.append(table_of(piece, file.dialect, columns, torn=True)[0])
    names = [name or f"column {i + 1}" for i, name in enumerate(file.dialect.names)]
    share = -(-rows // len(tables))
    whole = whole and len(tables[0]) <= share
    return pa.concat_tables([table.slice(0, share) for table in tables]).rename_columns(_once(names)), whole


def _once(names: Sequence[str]) -> list[str]:
    """A second column of a name gets a number."""
    return [name if names.index(name) == i else f"{name} ({i + 1})" for i, name in enumerate(names)]


def _parquet(file: Path, rows: int, what: str, only: Sequence[str] | None = None) -> tuple[pa.Table, bool]:
    """Columns as text, of the first, the middle and the last row group; of some names where asked, if they are text."""
    with naming(file, what):
        source = pq.ParquetFile(file)
        names = source.schema_arrow.names
        if only is not None:
            only = [name for name in only if name in names and _is_text(source.schema_arrow.field(name).type)]
            if not only:
                return pa.table({}), True
        groups = sorted({0, source.num_row_groups // 2, source.num_row_groups - 1} & set(range(source.num_row_groups)))
        share = -(-rows // max(len(groups), 1))
        read = [source.iter_batches(share, [group], only) for group in groups]
        tables = [_texts(batch) for batches in read if (batch := next(batches, None)) is not None]
        nothing = pa.table({name: pa.array([], pa.string()) for name in _once(names)})
        table = pa.concat_tables(tables) if tables else nothing
        return table, len(table) == source.metadata.num_rows


def _texts(batch: pa.RecordBatch) -> pa.Table:
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
