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
from coles_ops.datasets.places import Place
from coles_ops.schema import CLIENT, GROUP, LABEL, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_EVENTS = {
    # modality: time, categories, amounts
    "transactions": ("transaction_dttm", ("mcc_code", "currency_rk"), ("transaction_amt",)),
    "clickstream": ("timestamp", ("cat_id",), ()),
}
_MODALITY = "modality"  # a category of its own where events of both are mixed


@DATASETS.register("datafusion2022")
class DataFusion2022(Dataset):
    """Bank transactions of 22,533 clients or 126.75 million clicks, with the label higher education."""

    name: Literal["datafusion2022"] = Field("datafusion2022", description="Data Fusion 2022.")
    modality: Literal["transactions", "clickstream", "both"] = Field(
        "transactions", description="Which events are read; both: of the bank clients that are matched, in one history."
    )
    folder: Place | None = Field(
        None, description="Folder with the contest's CSVs; null for raw/datafusion2022 at home."
    )
    timezone: str = Field("UTC", description="IANA zone of the source's wall-clock times; it names none.")

    @property
    def categories(self) -> tuple[str, ...]:
        """Merchant category and currency, or the category of the page; of both which of the two an event is, too."""
        return (*(name for each in self._modalities for name in _EVENTS[each][1]), *self._mixed)

    @property
    def amounts(self) -> tuple[str, ...]:
        """Transactions have one, clicks none, which among transactions is 0."""
        return tuple(name for each in self._modalities for name in _EVENTS[each][2])

    @property
    def classes(self) -> tuple[str, ...]:
        """Without and with higher education."""
        return ("0", "1")

    @property
    def _modalities(self) -> tuple[str, ...]:
        return tuple(_EVENTS) if self.modality == "both" else (self.modality,)

    @property
    def _mixed(self) -> tuple[str, ...]:
        return (_MODALITY,) if self.modality == "both" else ()

    def names(self, suffix: str) -> list[str]:
        """Of the files: the events of each modality, the labels, and for clicks the matching of users to clients."""
        matching = ["train_matching.csv"] if "clickstream" in self._modalities else []
        return [*(f"{each}{suffix}" for each in self._modalities), "train.csv", *matching]

    def files(self) -> list[Path]:
        """The events, the labels, and for clicks the matching of users to bank clients."""
        return files_in(self.folder, "datafusion2022", self.names(".csv"), "`coles data fetch datafusion2022`")

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a transaction or a click; of both, files of clicks are those that are named so."""
        own = [*(files or self.files()[: len(self._modalities)])]
        if self.modality != "both":
            return self._read(spark, self.modality, own)
        from pyspark.sql import functions as F

        pairs = self._pairs(spark)
        clicks = [file for file in own if file.name.startswith("clickstream")]
        bought = self._read(spark, "transactions", [file for file in own if file not in clicks])
        bought = bought.join(F.broadcast(pairs.select(F.col("bank").alias(CLIENT))), CLIENT, "left_semi")
        clicked = self._read(spark, "clickstream", clicks).withColumnRenamed(CLIENT, "rtk")
        clicked = clicked.join(F.broadcast(pairs), "rtk").withColumnRenamed("bank", CLIENT)
        bought = bought.withColumn(_MODALITY, F.lit("transactions"))
        free = {name: F.lit(0.0) for name in self.amounts}
        clicked = clicked.withColumns(free | {_MODALITY: F.lit("clickstream")})
        mixed = bought.unionByName(clicked, allowMissingColumns=True)
        return mixed.select(CLIENT, TIME, *self.categories, *self.amounts)

    def _read(self, spark: SparkSession, modality: str, files: Sequence[Path]) -> DataFrame:
        from pyspark.sql import functions as F

        time, categories, amounts = _EVENTS[modality]
        frame = read_columns(spark, files, ("user_id", time, *categories, *amounts))
        return frame.select(
            F.col("user_id").alias(CLIENT),
            self.instant(F.expr(f"try_cast({time} AS timestamp)")).alias(TIME),
            *categories,
            *(F.expr(f"try_cast({name} AS double)").alias(name) for name in amounts),
        )

    def _pairs(self, spark: SparkSession) -> DataFrame:
        """Users of the clickstream, rtk, and the bank clients they are."""
        return read_columns(spark, self.files()[-1:], ("bank", "rtk")).where("rtk IS NOT NULL AND rtk != '0'")

    def targets(self, spark: SparkSession) -> DataFrame:
        """Bank clients, of both modalities those matched, with their label; or the users matched, with the client's.

        The group is the bank client in both, so that what is matched stays on one side of the split.
        """
        from pyspark.sql import functions as F

        label = F.expr("cast(try_cast(higher_education AS double) AS int)").cast("string")
        train = self.files()[len(self._modalities)]
        bank = read_columns(spark, [train], ("bank", "higher_education")).select("bank", label.alias(LABEL))
        bank = bank.where(F.col(LABEL).isNotNull())
        if "clickstream" in self._modalities:
            bank = bank.join(self._pairs(spark), "bank")
        client = "rtk" if self.modality == "clickstream" else "bank"
        return bank.select(F.col(client).alias(CLIENT), LABEL, F.col("bank").alias(GROUP))
