"""The contract of a dataset: which files it reads and how they become canonical frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from coles_ops.datasets.targets import classes_of
from coles_ops.datasets.zones import checked_zone
from coles_ops.registry import Registry
from coles_ops.schema import CLIENT, TIME
from coles_ops.targets import AnyTarget, Classes

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


class Dataset(BaseModel):
    """A source of events and labels; its fields are the options a user may set in YAML.

    Implementations are registered with ``@DATASETS.register(name)`` and are read lazily by Spark.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    name: str = Field(description="Registered name of the dataset.")
    timezone: str = Field("UTC", description="IANA zone of the source's wall-clock times.")

    cut: datetime | None = Field(
        None,
        description="Time from which on events are left out before anything is counted, on the clock of `timezone` "
        "where it names no zone: what is predicted comes after it; of a label with a time of its own that one counts.",
    )
    cut_gap: float = Field(0, ge=0, description="Days before the cut whose events are left out, too.")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return checked_zone(value)

    @property
    def categories(self) -> tuple[str, ...]:
        """Columns with string codes."""
        raise NotImplementedError

    @property
    def ordered(self) -> bool:
        """Whether events have a column ``sequence``, by which equal times are ordered."""
        return False

    @property
    def source_columns(self) -> dict[str, str]:
        """Canonical column to the name that the user knows it by."""
        return {name: name for name in (CLIENT, TIME, *self.categories, *self.amounts)}

    def stored(self, column: str) -> str:
        """The name that a column the user knows has among categories and amounts."""
        return column

    @property
    def amounts(self) -> tuple[str, ...]:
        """Columns with signed real amounts."""
        raise NotImplementedError

    @property
    def missing(self) -> dict[str, str]:
        """Amount that may be missing, 0 then, to the category that says whether it is."""
        return {}

    @property
    def classes(self) -> tuple[str, ...]:
        """Label values in the order of their codes; of two, the second is the positive one; none: those there are."""
        raise NotImplementedError

    def predicts(self, labels: Iterable[str]) -> AnyTarget:
        """What these labels are, as ``targets`` gives them: of ``classes``, unless the dataset says otherwise."""
        return Classes(names=self.classes) if self.classes else classes_of(labels)

    @property
    def cut_instant(self) -> int | None:
        """The cut in microseconds since 1970-01-01 UTC."""
        if self.cut is None:
            return None
        instant = self.cut if self.cut.tzinfo else self.cut.replace(tzinfo=ZoneInfo(self.timezone))
        return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def files(self) -> list[Path]:
        """Every file read, in a fixed order; raises DataError saying how to get one that is missing."""
        raise NotImplementedError

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """One row an event, in no particular order, of the dataset's own files or of others in the same schema.

        The columns client_id string, event_time timestamp, *categories string, *amounts double, and sequence double
        where they are ``ordered``; and, where a source knows more of its rows, row_fault, why one cannot be used, and
        row_remark, what is strange about it, string.
        Nothing is dropped or mended here: unparsable values become null and are caught by validation.
        """
        raise NotImplementedError

    def as_read(self) -> Self:
        """The same, with what was seen of how its files are written said, so that other files are read alike."""
        return self

    def targets(self, spark: SparkSession) -> DataFrame:
        """One row a labelled client: (client_id string, label string, group_id string).

        And, where labels have one, (cut timestamp): when the label was known, null where that is not said.
        """
        raise NotImplementedError

    def instant(self, local: Column) -> Column:
        """The UTC instant of a time on the clock of the source's zone."""
        from coles_ops.datasets.times import to_instant

        return to_instant(local, self.timezone)


DATASETS: Registry[type[Dataset]] = Registry("dataset", "coles_ops.datasets")
