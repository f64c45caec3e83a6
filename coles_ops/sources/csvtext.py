"""Ranges of a CSV that begin and end with a row, and the table of each: the part that must be fast.

A range is read by Arrow. So that many can be read at a time, the bytes are looked at first: a row ends with a line
unless a quote is open there. Where quotes do not stand as they should (an inch mark that opens a field), the range is
read line by line, and a line that leaves a quote open is a fault of that line alone.
"""

from __future__ import annotations

import csv
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from coles_ops.sources.dialect import Dialect, shown
from coles_ops.sources.options import IN_ROW

STEP = 32 << 20  # bytes of a range
_NEWLINE = 10


@dataclass(frozen=True)
class Span:
    """Bytes ``begin`` to ``end`` of a file; whole rows. ``torn``: quotes in it are not regular."""

    begin: int
    end: int
    torn: bool = False


def spans(file: Path, dialect: Dialect, step: int = STEP) -> Iterator[Span]:
    """The rows of a UTF-8 file, cut between rows."""
    size, begin = file.stat().st_size, dialect.begin
    if begin >= size:
        return
    with file.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while begin < size:
            end = min(begin + step, size)
            if end < size and data.find(b"\n", begin, end) < 0:  # one row longer than all
                end = data.find(b"\n", end) + 1 or size
            length, torn = _whole_rows(data[begin:end], dialect, end == size)
            yield Span(begin, begin + length, torn)
            begin += length


def _whole_rows(chunk: bytes, dialect: Dialect, last: bool) -> tuple[int, bool]:
    """Bytes of the whole rows of a chunk that begins with one, and whether its quotes are irregular."""
    lines = len(chunk) if last else chunk.rfind(b"\n") + 1
    if not dialect.quote or dialect.quote.encode() not in chunk:
        return lines, False
    if dialect.escape:
        pair = dialect.escape.encode()
        chunk = chunk.replace(pair + pair, b"..").replace(pair + dialect.quote.encode(), b"..")
    array = np.frombuffer(chunk, np.uint8)
    quotes = np.flatnonzero(array == ord(dialect.quote))
    ends = np.flatnonzero(array == _NEWLINE)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    length = int(outside[-1]) + 1 if len(outside) else 0
    if last:
        length = len(chunk) if len(quotes) % 2 == 0 else 0
    quotes = quotes[: np.searchsorted(quotes, length)]
    beside = np.isin(np.arange(256), [ord(dialect.separator), ord(dialect.quote), 10, 13])
    opens, closes = quotes[0::2], quotes[1::2] + 1
    regular = np.all(beside[array[opens - 1]] | (opens == 0)) and np.all(
        beside[array[closes % len(array)]] | (closes == len(array))
    )
    return (length, False) if length and regular else (lines, True)


def table_of(data: bytes, dialect: Dialect, places: Sequence[int], torn: bool = False) -> tuple[pa.Table, list[str]]:
    """Columns of text at ``places`` of the rows, and why the other rows have none.

    An empty field is null, an empty one in quotes an empty text. Raises ArrowInvalid for what is no UTF-8.
    """
    faults: list[str] = []
    if torn:
        data = _regular_lines(data, dialect, faults)

    def skip(row: pc.InvalidRow) -> str:
        what = f"it has {row.actual_columns} fields and not {row.expected_columns}"
        faults.append(f"{what}{IN_ROW}{shown([row.text])[1:-1]}")
        return "skip"

    names = [str(place) for place in range(len(dialect.names))]
    kept = [str(place) for place in places]
    if not data.strip(b"\r\n"):
        return pa.table({name: pa.array([], pa.string()) for name in kept}), faults
    table = pc.read_csv(
        pa.BufferReader(data),
        pc.ReadOptions(use_threads=False, column_names=names, block_size=max(len(data), 1)),
        pc.ParseOptions(
            delimiter=dialect.separator,
            quote_char=dialect.quote or False,
            escape_char=dialect.escape or False,
            newlines_in_values=bool(dialect.quote),
            invalid_row_handler=skip,
        ),
        pc.ConvertOptions(
            include_columns=kept,
            column_types=dict.fromkeys(kept, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table, faults


def _regular_lines(data: bytes, dialect: Dialect, faults: list[str]) -> bytes:
    """The lines whose quotes close; the others go to ``faults``."""
    quote, kept = dialect.quote.encode(), []
    for line in data.splitlines(keepends=True):
        if quote in line:
            try:
                dialect.records(line.decode(), strict=True)
            except (csv.Error, UnicodeDecodeError):
                text = line.decode(errors="replace").rstrip()
                faults.append(f"a quote is open or out of place{IN_ROW}{shown([text])[1:-1]}")
                continue
        kept.append(line)
    return b"".join(kept)
