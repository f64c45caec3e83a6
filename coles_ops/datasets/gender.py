"""Sberbank, gender by transactions: 15,000 clients, of whom 8,400 are labelled; used in the CoLES paper.

The files are those of the contest, as its CSVs: transactions.csv and gender_train.csv.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.columns import DAY_ZERO, files_in, read_columns, read_labels
from coles_ops.datasets.places import Place
from coles_ops.schema import CLIENT, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@DATASETS.register("gender")
class Gender(Dataset):
    """6.8 million transactions of 15,000 clients of a bank, with the gender of 8,400."""

    name: Literal["gender"] = Field("gender", description="Sberbank, gender by transactions.")
    folder: Place | None = Field(
        None, description="Folder with transactions.csv and gender_train.csv; null for raw/gender at home."
    )

    @property
    def categories(self) -> tuple[str, ...]:
        """Merchant category and kind of the transaction; terminals, one for a few clients each, are not read."""
        return ("mcc_code", "tr_type")

    @property
    def amounts(self) -> tuple[str, ...]:
        """Signed."""
        return ("amount",)

    @property
    def classes(self) -> tuple[str, ...]:
        """As the contest codes them."""
        return ("0", "1")

    def files(self) -> list[Path]:
        """Events and labels."""
        names = ("transactions.csv", "gender_train.csv")
        return files_in(self.folder, "gender", names, "`coles data fetch gender`")

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a transaction; times are `0 10:23:26`, the number of a day and a time that may have 60 seconds."""
        from pyspark.sql import functions as F

        columns = ("customer_id", "tr_datetime", "mcc_code", "tr_type", "amount")
        day, hour, minute, second = (F.split("tr_datetime", "[ :]").getItem(i).try_cast("int") for i in range(4))
        seconds = day * 86_400 + hour * 3_600 + minute * 60 + second
        return read_columns(spark, files or self.files()[:1], columns).select(
            F.col("customer_id").alias(CLIENT),
            F.timestamp_seconds(F.unix_seconds(F.lit(DAY_ZERO).cast("timestamp")) + seconds).alias(TIME),
            "mcc_code",
            "tr_type",
            F.expr("try_cast(amount AS double)").alias("amount"),
        )

    def targets(self, spark: SparkSession) -> DataFrame:
        """One row a labelled client."""
        return read_labels(spark, self.files()[1], "customer_id", "gender")
