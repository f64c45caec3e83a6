"""A bounded part of each table that a user names, as text."""

from __future__ import annotations

from dataclasses import dataclass
from os.path import commonprefix
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from coles_ops.schema import DataError
from coles_ops.sources import CsvOptions, find, part, sample
from coles_ops.sources.kinds import kind_of

_PACKED = 5  # how much smaller compressed text is, about


@dataclass(frozen=True)
class Sample:
    """Some rows of a table."""

    path: str  # as the YAML is to name it
    files: tuple[Path, ...]
    frame: pd.DataFrame  # (R, columns) text, None where a value is missing
    rows: int  # of the whole table, about, where not all were read
    whole: bool


def take(paths: list[str], rows: int) -> list[Sample]:
    """At most ``rows`` rows of each table; files with the same columns are parts of one.

    Raises:
        DataError: there is no such file, or no one path names the parts of a table.
    """
    tables: dict[frozenset[str], list[str]] = {}
    for path in paths:
        columns = sample(find(path, "events"), CsvOptions(), "events", 1).columns
        tables.setdefault(frozenset(columns), []).append(path)
    if len(tables) > 2:
        raise DataError(
            f"{', '.join(paths)} are {len(tables)} tables of different columns: name one of events, one of labels"
        )
    return [_take(_one_path(parts), rows) for parts in tables.values()]


def _take(path: str, rows: int) -> Sample:
    files = find(path, "events")
    frame, whole = part(files, CsvOptions(), "events", rows)
    frame = frame.astype(object).where(frame.notna(), None)
    return Sample(str(Path(path).absolute()), tuple(files), frame, len(frame) if whole else _rows(files, frame), whole)


def _rows(files: list[Path], frame: pd.DataFrame) -> int:
    """How many rows the files hold, as Parquet says, or as many as the mean length of a row lets expect."""
    kinds = [kind_of(file, "events") for file in files]
    if kinds[0].form == "parquet":
        return sum(pq.read_metadata(file).num_rows for file in files)
    length = sum(frame[name].str.len().fillna(0).mean() + 1 for name in frame)
    sizes = (file.stat().st_size * (_PACKED if kind.packing else 1) for file, kind in zip(files, kinds, strict=True))
    return max(int(round(sum(sizes) / length, -3)), len(frame) + 1)


def _one_path(parts: list[str]) -> str:
    """The one path, or the glob that names these parts and no other file."""
    if len(parts) == 1:
        return parts[0]
    start, end = commonprefix(parts), commonprefix([part[::-1] for part in parts])[::-1]  # noqa: RUF071
    pattern = f"{start}*{end}"
    if {*find(pattern, "events")} != {Path(part) for part in parts}:
        raise DataError(
            f"{', '.join(parts)} have the same columns: put the parts of a table into one folder and name it"
        )
    return pattern
