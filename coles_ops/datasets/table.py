"""Any table of events, CSV or Parquet, named by path and columns: what users come with."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.timeformats import checked_form
from coles_ops.schema import CLIENT, GROUP, LABEL, TIME, DataError
from coles_ops.sources import CsvOptions

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_EPOCHS = {"seconds": 1, "milliseconds": 1000}


@DATASETS.register("table")
class Table(Dataset):
    """Your own CSV or Parquet files, described by the columns they have."""

    name: Literal["table"] = Field("table", description="Your own files.")
    events_path: str = Field(alias="events", description="CSV or Parquet of the events: a file, a folder or a glob.")
    client: str = Field(description="Column with the client's id.")
    time: str = Field(description="Column with the time of the event.")
    time_format: str | None = Field(
        None, description="Spark datetime pattern of a text time, or seconds or milliseconds since 1970; null for ISO."
    )
    category_columns: tuple[str, ...] = Field((), alias="categories", description="Columns with codes or names.")
    amount_columns: tuple[str, ...] = Field((), alias="amounts", description="Columns with numbers.")
    targets_path: str = Field(alias="targets", description="CSV or Parquet with one row a labelled client.")
    target_client: str | None = Field(None, description="Column of the targets with the client's id; null: the same.")
    label: str = Field(description="Column of the targets with the label.")
    label_values: tuple[str, ...] = Field(
        ("0", "1"),
        alias="classes",
        description="Label values in the order of their codes; of two, the second is positive.",
    )
    csv: CsvOptions = Field(CsvOptions(), description="How CSV files are written, where looking at them misleads.")
    group: str | None = Field(None, description="Column of the targets whose clients stay on one side of the split.")

    @field_validator("time_format")
    @classmethod
    def _form(cls, value: str | None) -> str | None:
        return value and checked_form(value)

    @property
    def categories(self) -> tuple[str, ...]:
        """As configured."""
        return self.category_columns

    @property
    def amounts(self) -> tuple[str, ...]:
        """As configured."""
        return self.amount_columns

    @property
    def classes(self) -> tuple[str, ...]:
        """As configured."""
        return self.label_values

    def files(self) -> list[Path]:
        """Files of the events, then of the targets, each sorted by name."""
        return [*_find(self.events_path, "events"), *_find(self.targets_path, "targets")]

    def events(self, spark: SparkSession) -> DataFrame:
        """The configured columns under their canonical names; what does not parse becomes null."""
        from pyspark.sql import functions as F

        wanted = (self.client, self.time, *self.categories, *self.amounts)
        frame = _read(spark, _find(self.events_path, "events"), wanted, "events")
        return frame.select(
            F.col(f"`{self.client}`").cast("string").alias(CLIENT),
            self._instant(frame).alias(TIME),
            *(F.col(f"`{name}`").cast("string").alias(name) for name in self.categories),
            *(F.expr(f"try_cast(`{name}` AS double)").alias(name) for name in self.amounts),
        )

    def targets(self, spark: SparkSession) -> DataFrame:
        """The labelled clients; rows without a label are left out."""
        from pyspark.sql import functions as F

        client = self.target_client or self.client
        wanted = (client, self.label, *([self.group] if self.group else []))
        frame = _read(spark, _find(self.targets_path, "targets"), wanted, "targets")
        return frame.where(F.col(f"`{self.label}`").isNotNull()).select(
            F.col(f"`{client}`").cast("string").alias(CLIENT),
            F.col(f"`{self.label}`").cast("string").alias(LABEL),
            F.col(f"`{self.group or client}`").cast("string").alias(GROUP),
        )

    def _instant(self, frame: DataFrame) -> Column:
        """The UTC instant of a wall-clock time of the configured zone, or of seconds since 1970."""
        from pyspark.sql import functions as F

        if self.time_format in _EPOCHS:
            seconds = f"try_cast(`{self.time}` AS double) / {_EPOCHS[self.time_format]}"
            return F.expr(f"timestamp_seconds({seconds})")
        if self.time_format:
            local = F.try_to_timestamp(F.col(f"`{self.time}`").cast("string"), F.lit(self.time_format))
        else:
            # pandas writes nanoseconds, which Spark reads as integers (spark.sql.legacy.parquet.nanosAsLong)
            nanoseconds = _is_nanoseconds(_find(self.events_path, "events")[0], self.time)
            instant = (
                f"timestamp_micros(`{self.time}` div 1000)" if nanoseconds else f"try_cast(`{self.time}` AS timestamp)"
            )
            local = F.expr(instant)
        return self.instant(local)


def _find(pattern: str, what: str) -> list[Path]:
    """CSV and Parquet files of a path, a folder or a glob; raises DataError where there is none."""
    path = os.path.expandvars(os.path.expanduser(pattern))
    found = sorted(Path(path).iterdir()) if Path(path).is_dir() else [Path(name) for name in sorted(glob.glob(path))]
    found = [file for file in found if not file.name.startswith((".", "_"))]
    if not found:
        raise DataError(f"dataset.{what}: no file at {pattern!r} (seen from {Path.cwd()}): give a file, folder or glob")
    kinds = {_kind(file) for file in found}
    if len(kinds) != 1:
        raise DataError(f"dataset.{what}: {pattern!r} holds both CSV and Parquet files: keep one kind")
    return found


def _kind(file: Path) -> str:
    return "parquet" if ".parquet" in file.suffixes or file.suffix == ".pq" else "csv"


def _is_nanoseconds(file: Path, column: str) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if _kind(file) != "parquet":
        return False
    kind = pq.read_schema(file).field(column).type
    return pa.types.is_timestamp(kind) and kind.unit == "ns"


def _read(spark: SparkSession, files: list[Path], wanted: tuple[str, ...], what: str) -> DataFrame:
    """A frame of the files; raises DataError naming the columns that lack and those that are there."""
    reader: Any = spark.read
    names = [str(file) for file in files]
    frame = reader.parquet(*names) if _kind(files[0]) == "parquet" else reader.csv(names, header=True, escape='"')
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        lacks = ", ".join(map(repr, missing))
        raise DataError(f"dataset.{what}: {files[0]} has no column {lacks}; it has {', '.join(frame.columns)}")
    return frame
