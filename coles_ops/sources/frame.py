"""Raw named columns of many files as one Spark frame."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from coles_ops.schema import DataError
from coles_ops.sources import csvfiles, parquetfiles
from coles_ops.sources.kinds import Kind, kind_of
from coles_ops.sources.options import ROW_FAULT, CsvOptions

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType


def read_frame(
    spark: SparkSession, files: Sequence[Path], wanted: Sequence[str], csv: CsvOptions, what: str
) -> DataFrame:
    """The columns ``wanted`` (each once) and ``row_fault``, of all rows of the files, in no particular order.

    Columns of CSV are text, exactly as it stands, null where nothing stands between two separators; those of Parquet
    have their own types, the widest of all files: a wall time is ``timestamp_ntz``, an instant ``timestamp``. Keys of
    Hive folders (``day=2024-03-01/``) are columns of text. ``row_fault`` is null, or why the row could not be taken
    apart: then all its columns are null.

    Parquet is read by Spark as it lies, where it can. All else is first read by Arrow, several times as fast as by
    Spark, and laid as Parquet into the session's scratch folder.

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
    if ROW_FAULT in wanted:
        raise DataError(f"dataset.{what}: a column named {ROW_FAULT!r} cannot be read here: rename it in the files")
    cores = spark.sparkContext.defaultParallelism
    with ThreadPoolExecutor(cores) as pool:
        kinds = list(pool.map(partial(kind_of, what=what), files))
        one_form(files, kinds, what)
        if kinds[0].form == "csv":
            texts = list(pool.map(partial(csvfiles.look, wanted=wanted, options=csv, what=what), files, kinds))
            folder = _folder(spark)
            csvfiles.convert(texts, wanted, csv, what, folder, cores)
            schema = ", ".join([*(f"c{i} string" for i in range(len(wanted))), "fault string"])
            return spark.read.schema(schema).parquet(str(folder)).toDF(*wanted, ROW_FAULT)
        looks = list(pool.map(partial(parquetfiles.look, wanted=wanted, what=what), files))
    types = parquetfiles.common_types(looks, wanted, what)
    nothing = F.lit(None).cast("string").alias(ROW_FAULT)
    if parquetfiles.as_they_lie(looks):
        as_is = [kind for kind in looks[0].types if kind is not None]
        reader = spark.read.schema(_schema(wanted, as_is)).option("recursiveFileLookup", "true")
        frame = reader.option("__globPaths__", "false").parquet(*(str(file) for file in files))
    else:
        folder = _folder(spark)
        parquetfiles.convert(looks, wanted, types, what, folder, cores)
        frame = spark.read.schema(_schema([f"c{i}" for i in range(len(wanted))], types)).parquet(str(folder))
    return frame.select("*", nothing).toDF(*wanted, ROW_FAULT)


def one_form(files: Sequence[Path], kinds: Sequence[Kind], what: str) -> None:
    """Raise DataError where there are both CSV and Parquet files."""
    other = next((file for file, kind in zip(files, kinds, strict=True) if kind.form != kinds[0].form), None)
    if other:
        raise DataError(
            f"dataset.{what}: {files[0]} is {kinds[0].form} and {other} is not: keep one kind, "
            f"or name the files by a glob such as '*{files[0].suffix}'"
        )


def _folder(spark: SparkSession) -> Path:
    """A new folder that goes with the session."""
    folder = Path(str(spark.conf.get("spark.local.dir")), f"sources-{uuid4().hex[:8]}")
    folder.mkdir(parents=True)
    return folder


def _schema(names: Sequence[str], types: Sequence[pa.DataType]) -> StructType:
    from pyspark.sql import types as T
    from pyspark.sql.pandas.types import from_arrow_type

    kinds = (from_arrow_type(kind, prefer_timestamp_ntz=True) for kind in types)
    return T.StructType([T.StructField(name, kind) for name, kind in zip(names, kinds, strict=True)])
