"""Clicks of 150 users behind a proxy, the data of the contest "Catch me if you can": whose session is it?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.columns import one_file, read_columns
from coles_ops.datasets.places import Place
from coles_ops.schema import CLIENT, GROUP, LABEL, TIME

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_CONTEST = "https://www.kaggle.com/c/catch-me-if-you-can-intruder-detection-through-webpage-session-tracking2"
_USERS = 20  # whose sessions have a label: those with such sessions on the most days, so that each is in every fold


@DATASETS.register("alice")
class Alice(Dataset):
    """1.4 million clicks in sessions, and which of 20 users a session is of."""

    name: Literal["alice"] = Field("alice", description="Clicks of 150 users behind a proxy.")
    file: Place | None = Field(None, description="user, site and timestamp as Parquet or CSV; null for that at home.")
    pause: float = Field(30, gt=0, description="Minutes without a click after which a new session begins.")
    most: int = Field(50, ge=1, description="Clicks after which a new session begins, too.")
    least: int = Field(20, ge=1, description="Fewest clicks of a session that has a label.")

    @property
    def categories(self) -> tuple[str, ...]:
        """The domain."""
        return ("site",)

    @property
    def amounts(self) -> tuple[str, ...]:
        """A click has none."""
        return ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The users there are among the labels."""
        return ()

    def files(self) -> list[Path]:
        """The one table."""
        return one_file(self.file, "alice", "alice150_clickstream.parquet", f"build it from {_CONTEST}")

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row a click; the client is a session."""
        return self._clicks(spark, files or self.files()).select(CLIENT, TIME, "site")

    def targets(self, spark: SparkSession) -> DataFrame:
        """Sessions of the most frequent users; the group is the day, so that no day is on two sides of a fold.

        Sessions that have no label have no group either: encoders may be trained on some of the same day.
        """
        from pyspark.sql import functions as F

        clicks = self._clicks(spark, self.files()).groupBy(CLIENT, "user")
        sessions = clicks.agg(F.count("*").alias("clicks"), F.to_date(F.min(TIME)).cast("string").alias(GROUP))
        sessions = sessions.where(F.col("clicks") >= self.least)
        seen = sessions.groupBy("user").agg(F.countDistinct(GROUP).alias("days"), F.count("*").alias("sessions"))
        users = seen.orderBy(F.desc("days"), F.desc("sessions"), "user").limit(_USERS).select("user")
        return sessions.join(F.broadcast(users), "user").select(CLIENT, F.col("user").alias(LABEL), GROUP)

    def _clicks(self, spark: SparkSession, files: Sequence[Path]) -> DataFrame:
        """user, site, event_time and client_id: the user, when his clicks began, and which of its stretches it is."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        rows = read_columns(spark, files, ("user", "site", "timestamp"))
        rows = rows.select("user", "site", self.instant(F.col("timestamp").try_cast("timestamp")).alias(TIME))
        history = Window.partitionBy("user").orderBy(TIME)
        pause = F.unix_micros(TIME) - F.unix_micros(F.lag(TIME).over(history)) > round(self.pause * 60_000_000)
        begins = F.when(F.coalesce(pause, F.lit(True)), F.col(TIME))
        begun = F.last(begins, ignorenulls=True).over(history)
        rows = rows.withColumn("begun", begun)
        place = F.row_number().over(Window.partitionBy("user", "begun").orderBy(TIME, "site")) - 1
        part = F.floor(place / self.most).cast("string")
        return rows.withColumn(CLIENT, F.concat_ws("-", "user", F.date_format("begun", "yyyyMMdd'T'HHmmss"), part))
