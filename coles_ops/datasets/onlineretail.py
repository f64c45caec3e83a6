"""UCI Online Retail (Chen, Sain and Guo 2012): a year of sales of a British wholesaler of gifts, 4,372 customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.columns import one_file
from coles_ops.datasets.places import Place
from coles_ops.schema import CLIENT, GROUP, LABEL, TIME
from coles_ops.targets import AnyTarget, Number

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_DAY = 86_400_000_000  # microseconds


@DATASETS.register("onlineretail")
class OnlineRetail(Dataset):
    """Lines of invoices before a day, and whether, or for how much, the customer buys on it or after."""

    name: Literal["onlineretail"] = Field("onlineretail", description="UCI Online Retail.")
    file: Place | None = Field(
        None, description="The table as CSV, packed or not; null for raw/onlineretail/online_retail.csv.gz at home."
    )
    target: Literal["buys", "spends"] = Field(
        "buys", description="What is predicted of a customer: a purchase, or the number log(1 + pounds of all of them)."
    )
    timezone: str = Field("Europe/London", description="IANA zone of the source's wall-clock times; it names none.")
    cut: datetime = Field(
        datetime(2011, 9, 1),
        description="Day from which on purchases are predicted, and not read, on the clock of `timezone`.",
    )

    @property
    def categories(self) -> tuple[str, ...]:
        """What was bought, where to it was sent, and whether the line is of a cancellation."""
        return ("product", "country", "cancelled")

    @property
    def amounts(self) -> tuple[str, ...]:
        """Pieces and pounds of a line, negative in cancellations."""
        return ("pieces", "pounds")

    @property
    def classes(self) -> tuple[str, ...]:
        """Whether the customer buys again; none of what is spent."""
        return ("no", "yes") if self.target == "buys" else ()

    def predicts(self, labels: Iterable[str]) -> AnyTarget:
        """By the target."""
        return Number() if self.target == "spends" else super().predicts(labels)

    def files(self) -> list[Path]:
        """The one table."""
        advice = "write https://archive.ics.uci.edu/dataset/352/online+retail as CSV"
        return one_file(self.file, "onlineretail", "online_retail.csv.gz", advice)

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a line of an invoice; those of no customer are left out, a quarter of all."""
        return self._lines(spark, files or self.files()).select(CLIENT, TIME, *self.categories, *self.amounts)

    def targets(self, spark: SparkSession) -> DataFrame:
        """Customers with a line before the cut, and its gap; cancellations are no purchases."""
        from pyspark.sql import functions as F

        assert self.cut_instant is not None
        time, gap = F.unix_micros(TIME), round(self.cut_gap * _DAY)
        bought = (time >= self.cut_instant) & (F.col("cancelled") == "no") & (F.col("pieces") > 0)
        customers = self._lines(spark, self.files()).groupBy(CLIENT)
        spent = F.sum(F.when(bought, F.col("pounds")).otherwise(0.0))
        known = customers.agg(F.min(time).alias("first"), F.bool_or(bought).alias("bought"), spent.alias("spent"))
        known = known.where(F.col("first") < self.cut_instant - gap)
        buys = F.when(F.col("bought"), "yes").otherwise("no")
        label = buys if self.target == "buys" else F.log1p("spent").cast("string")
        return known.select(CLIENT, label.alias(LABEL), F.col(CLIENT).alias(GROUP))

    def _lines(self, spark: SparkSession, files: Sequence[Path]) -> DataFrame:
        from pyspark.sql import functions as F

        lines = spark.read.csv([*map(str, files)], header=True, escape='"').where("CustomerID IS NOT NULL")
        pieces = F.col("Quantity").try_cast("double")
        return lines.select(
            F.col("CustomerID").cast("double").cast("long").cast("string").alias(CLIENT),
            self.instant(F.col("InvoiceDate").try_cast("timestamp")).alias(TIME),
            F.col("StockCode").alias("product"),
            F.col("Country").alias("country"),
            F.when(F.col("InvoiceNo").startswith("C"), "yes").otherwise("no").alias("cancelled"),
            pieces.alias("pieces"),
            (pieces * F.col("UnitPrice").try_cast("double")).alias("pounds"),
        )
