"""Rosbank ML competition: a million transactions of 10,217 clients, and who of 5,000 leaves; used in the CoLES paper.

The files are those of the contest, as its CSVs: train.csv, whose rows carry the label, and test.csv, which has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.columns import files_in, read_columns, read_labels
from coles_ops.datasets.places import Place
from coles_ops.schema import CLIENT, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@DATASETS.register("rosbank")
class Rosbank(Dataset):
    """Card transactions of 10,217 clients of a bank, and who of 5,000 leaves it."""

    name: Literal["rosbank"] = Field("rosbank", description="Rosbank ML competition.")
    folder: Place | None = Field(None, description="Folder with train.csv and test.csv; null for raw/rosbank at home.")

    @property
    def categories(self) -> tuple[str, ...]:
        """Merchant category, channel, currency and kind of the transaction."""
        return ("mcc", "channel_type", "currency", "trx_category")

    @property
    def amounts(self) -> tuple[str, ...]:
        """As it stands there, in the transaction's own currency."""
        return ("amount",)

    @property
    def classes(self) -> tuple[str, ...]:
        """Who stays and who leaves."""
        return ("0", "1")

    def files(self) -> list[Path]:
        """Labelled and unlabelled clients."""
        return files_in(self.folder, "rosbank", ("train.csv", "test.csv"), "`coles data fetch rosbank`")

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a transaction; times are 21OCT17:00:00:00."""
        from pyspark.sql import functions as F

        columns = ("cl_id", "TRDATETIME", "MCC", "channel_type", "currency", "trx_category", "amount")
        frames = [read_columns(spark, [file], columns) for file in files or self.files()]
        return reduce(lambda one, other: one.unionByName(other), frames).select(
            F.col("cl_id").alias(CLIENT),
            self.instant(F.try_to_timestamp("TRDATETIME", F.lit("ddMMMyy:HH:mm:ss"))).alias(TIME),
            F.col("MCC").alias("mcc"),
            "channel_type",
            "currency",
            "trx_category",
            F.expr("try_cast(amount AS double)").alias("amount"),
        )

    def targets(self, spark: SparkSession) -> DataFrame:
        """One row a client of train.csv, each of whose transactions has its label."""
        return read_labels(spark, self.files()[0], "cl_id", "target_flag").distinct()
