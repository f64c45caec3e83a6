"""Source files in a folder of the user's, and the columns wanted of them as Spark reads them: text from CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coles_ops.artefacts import home
from coles_ops.schema import DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def files_in(folder: Path | None, dataset: str, names: Sequence[str], advice: str) -> list[Path]:
    """The files of these names.

    Args:
        folder: where they are; None for the dataset's own below the home folder.
        dataset: its name.
        names: of the files.
        advice: how to get them.

    Raises:
        DataError: some are not there.
    """
    folder = folder or home().raw / dataset
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise DataError(f"{folder} lacks {', '.join(missing)}: {advice}, or set dataset.folder")
    return [folder / name for name in names]


def read_columns(spark: SparkSession, files: Sequence[Path], columns: Sequence[str]) -> DataFrame:
    """These columns of CSV or Parquet files of one schema.

    Raises:
        DataError: a column is not there.
    """
    paths = [*map(str, files)]
    frame = spark.read.parquet(*paths) if files[0].suffix == ".parquet" else spark.read.csv(paths, header=True)
    if missing := [name for name in columns if name not in frame.columns]:
        raise DataError(f"{files[0]} has no column {', '.join(missing)}; it has {', '.join(frame.columns)}")
    return frame.select(*columns)
