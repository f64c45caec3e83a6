"""Raw named columns of many files as one Spark frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coles_ops.schema import DataError
from coles_ops.sources.options import ROW_FAULT, CsvOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def opened(spark: SparkSession, files: Sequence[Path], wanted: Sequence[str], csv: CsvOptions, what: str) -> DataFrame:
    """The columns ``wanted`` (each once) and ``row_fault``, of all rows of the files, in no particular order.

    Columns of CSV are text, exactly as it stands, null where nothing stands between two separators; those of Parquet
    have their own types, the widest of all files: a wall time is ``timestamp_ntz``, an instant ``timestamp``. Keys of
    Hive folders (``day=2024-03-01/``) are columns of text. ``row_fault`` is null, or why the row could not be taken
    apart: then all its columns are null.

    Args:
        spark: a session.
        files: as ``find`` gives them.
        wanted: exact names.
        csv: what the user said of the files.
        what: key of the configuration, ``events`` or ``targets``, for messages.

    Raises:
        DataError: a file lacks a column or cannot be read: one message, with its path.
    """
    from pyspark.sql import functions as F

    wanted = list(dict.fromkeys(wanted))
    reader: Any = spark.read
    names = [str(file) for file in files]
    parquet = ".parquet" in files[0].suffixes or files[0].suffix == ".pq"
    frame = reader.parquet(*names) if parquet else reader.csv(names, header=True, escape='"')
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        lacks = ", ".join(map(repr, missing))
        raise DataError(f"dataset.{what}: {files[0]} has no column {lacks}; it has {', '.join(frame.columns)}")
    return frame.select(*(F.col(f"`{name}`") for name in wanted), F.lit(None).cast("string").alias(ROW_FAULT))
