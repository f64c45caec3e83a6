"""Sberbank, age group by transactions: 50,000 clients, of whom 30,000 are labelled; used in the CoLES paper.

The files are those of the contest, as its CSVs: transactions_train.csv, transactions_test.csv and train_target.csv.
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


@DATASETS.register("age")
class Age(Dataset):
    """44 million transactions of 50,000 clients of a bank, with the age group of 30,000."""

    name: Literal["age"] = Field("age", description="Sberbank, age group by transactions.")
    folder: Place | None = Field(None, description="Folder with the contest's three CSVs; null for raw/age at home.")

    @property
    def categories(self) -> tuple[str, ...]:
        """What was bought."""
        return ("small_group",)

    @property
    def amounts(self) -> tuple[str, ...]:
        """Roubles, masked by the source."""
        return ("amount_rur",)

    @property
    def classes(self) -> tuple[str, ...]:
        """Four groups, whose order the contest does not tell."""
        return ("0", "1", "2", "3")

    def files(self) -> list[Path]:
        """Events of labelled and of other clients, and labels."""
        names = ("transactions_train.csv", "transactions_test.csv", "train_target.csv")
        return files_in(self.folder, "age", names, "`coles data fetch age`")

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a transaction, of which no more than the number of the day is known."""
        from pyspark.sql import functions as F

        columns = ("client_id", "trans_date", "small_group", "amount_rur")
        return read_columns(spark, files or self.files()[:2], columns).select(
            F.col("client_id").alias(CLIENT),
            F.date_add(F.lit(DAY_ZERO).cast("date"), F.col("trans_date").try_cast("int")).cast("timestamp").alias(TIME),
            "small_group",
            F.expr("try_cast(amount_rur AS double)").alias("amount_rur"),
        )

    def targets(self, spark: SparkSession) -> DataFrame:
        """One row a labelled client."""
        return read_labels(spark, self.files()[2], "client_id", "bins")
