"""Source files in a folder of the user's, and the columns wanted of them as Spark reads them: text from CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coles_ops.artefacts import home
from coles_ops.schema import CLIENT, GROUP, LABEL, DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DAY_ZERO = "2000-01-01"  # of sources that number their days and do not tell it: weekdays are right up to a turn


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


def one_file(file: Path | None, dataset: str, name: str, advice: str) -> list[Path]:
    """The one file of a dataset; as ``files_in``, but that the user may name it."""
    file = file or home().raw / dataset / name
    if not file.is_file():
        raise DataError(f"{file} is not there: {advice}, or set dataset.file")
    return [file]


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


def read_labels(spark: SparkSession, file: Path, client: str, label: str) -> DataFrame:
    """The targets of a dataset whose clients are groups by themselves, by two columns of a file.

    Raises:
        DataError: a column is not there.
    """
    from pyspark.sql import functions as F

    rows = read_columns(spark, [file], (client, label))
    return rows.select(F.col(client).alias(CLIENT), F.col(label).alias(LABEL), F.col(client).alias(GROUP))
