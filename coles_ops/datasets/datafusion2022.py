"""Data Fusion 2022: bank transactions, clickstream, their matching and the label higher education.

The files are those of the contest, as its CSVs: transactions.csv, clickstream.csv, train_matching.csv, train.csv.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.columns import files_in, read_columns
from coles_ops.schema import CLIENT, GROUP, LABEL, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_EVENTS = {
    # modality: client, time, categories, amounts
    "transactions": ("user_id", "transaction_dttm", ("mcc_code", "currency_rk"), ("transaction_amt",)),
    "clickstream": ("user_id", "timestamp", ("cat_id",), ()),
}


@DATASETS.register("datafusion2022")
class DataFusion2022(Dataset):
    """Bank transactions of 22,533 clients or 126.75 million clicks, with the label higher education."""

    name: Literal["datafusion2022"] = Field("datafusion2022", description="Data Fusion 2022.")
    modality: Literal["transactions", "clickstream"] = Field("transactions", description="Which events are read.")
    folder: Path | None = Field(
        None, description="Folder with the contest's CSVs; null for raw/datafusion2022 at home."
    )
    timezone: str = Field("UTC", description="IANA zone of the source's wall-clock times; it names none.")

    @property
    def categories(self) -> tuple[str, ...]:
        """Merchant category and currency, or the category of the page."""
        return _EVENTS[self.modality][2]

    @property
    def amounts(self) -> tuple[str, ...]:
        """Transactions have one, clicks none."""
        return _EVENTS[self.modality][3]

    @property
    def classes(self) -> tuple[str, ...]:
        """Without and with higher education."""
        return ("0", "1")

    def files(self) -> list[Path]:
        """The events, the labels, and for clicks the matching of users to bank clients."""
        matching = ["train_matching.csv"] if self.modality == "clickstream" else []
        names = (f"{self.modality}.csv", "train.csv", *matching)
        return files_in(self.folder, "datafusion2022", names, "`coles data fetch datafusion2022`")

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a transaction or a click."""
        from pyspark.sql import functions as F

        client, time, categories, amounts = _EVENTS[self.modality]
        frame = read_columns(spark, files or self.files()[:1], (client, time, *categories, *amounts))
        return frame.select(
            F.col(client).alias(CLIENT),
            self.instant(F.expr(f"try_cast({time} AS timestamp)")).alias(TIME),
            *categories,
            *(F.expr(f"try_cast({name} AS double)").alias(name) for name in amounts),
        )

    def targets(self, spark: SparkSession) -> DataFrame:
        """Bank clients with their label; or the clickstream users matched to them, with the label of the client.

        The group is the bank client in both, so that what is matched stays on one side of the split.
        """
        from pyspark.sql import functions as F

        _, train, *matching = self.files()
        label = F.expr("cast(try_cast(higher_education AS double) AS int)").cast("string")
        bank = read_columns(spark, [train], ("bank", "higher_education")).select("bank", label.alias(LABEL))
        bank = bank.where(F.col(LABEL).isNotNull())
        if not matching:
            return bank.select(F.col("bank").alias(CLIENT), LABEL, F.col("bank").alias(GROUP))
        pairs = read_columns(spark, matching, ("bank", "rtk")).where("rtk IS NOT NULL AND rtk != '0'")
        return pairs.join(bank, "bank").select(F.col("rtk").alias(CLIENT), LABEL, F.col("bank").alias(GROUP))
