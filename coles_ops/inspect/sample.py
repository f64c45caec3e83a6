"""A bounded part of a table, as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Sample:
    """Some rows of a table."""

    path: str  # as it is to be written into the YAML
    files: tuple[Path, ...]
    frame: pd.DataFrame  # (R, columns) text, None where a value is missing
    rows: int  # of the whole table, estimated where not all were read
    whole: bool


def take(path: str, rows: int) -> Sample:
    """Read at most about ``rows`` rows of the files of a path."""
    file = Path(path)
    if ".parquet" in file.suffixes:
        parquet = pq.ParquetFile(file)
        batch = next(parquet.iter_batches(rows))
        total = parquet.metadata.num_rows
        frame = batch.to_pandas()
    else:
        frame = pd.read_csv(file, dtype=str, nrows=rows + 1, keep_default_na=False, na_values=[""])
        whole = len(frame) <= rows
        frame = frame.head(rows)
        total = len(frame) if whole else 3 * len(frame)
    frame = frame.astype(object).where(frame.notna(), None)
    frame = frame.map(lambda v: v if v is None else str(v))
    return Sample(str(file.absolute()), (file,), frame, total, len(frame) == total)
