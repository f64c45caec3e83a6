"""Any table of events, CSV or Parquet, named by path and columns: what users come with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.ids import NULL_WORDS, Rule, id_text, missing_id
from coles_ops.datasets.names import stored_names
from coles_ops.datasets.places import Pattern
from coles_ops.datasets.targets import Written, labelled, numbered
from coles_ops.datasets.timeformats import checked_form
from coles_ops.datasets.times import add_times, read_times
from coles_ops.schema import CLIENT, CUT, GROUP, LABEL, MISSING, REMARK, SEQUENCE, TIME, DataError
from coles_ops.sources import ROW_FAULT, CsvOptions, find, marks, marks_seen, number, read_frame
from coles_ops.targets import AnyTarget, LabelKind, Number

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


@DATASETS.register("table")
class Table(Dataset):
    """Your own CSV or Parquet files, described by the columns they have."""

    name: Literal["table"] = Field("table", description="Your own files.")
    events_path: Pattern = Field(alias="events", description="CSV or Parquet of events: a file, a folder or a glob.")
    client: str = Field(description="Column with the client's id.")
    time: str = Field(description="Column with the time of the event.")
    time_format: str | None = Field(
        None,
        description="Spark datetime pattern of a text time, or what a number counts: seconds, milliseconds, "
        "microseconds, nanoseconds or days since 1970, or excel_days; null for ISO.",
    )
    sequence: str | None = Field(
        None, description="Column with numbers that order events at equal times; without it their order is by chance."
    )
    missing_times: tuple[date, ...] = Field((), description="Days that stand for no time: their rows are left out.")
    category_columns: tuple[str, ...] = Field((), alias="categories", description="Columns with codes or names.")
    amount_columns: tuple[str, ...] = Field((), alias="amounts", description="Columns with numbers.")
    nullable: tuple[str, ...] = Field(
        (), description="Amounts that may be missing: 0 then, beside a category NAME_missing that says no or yes."
    )
    ids: tuple[Rule, ...] = Field(
        (), description="What makes no difference in ids: trim, lower, no_decimals, no_leading_zeros."
    )
    missing_ids: tuple[str, ...] = Field(NULL_WORDS, description="Texts, in any case, that stand for no client.")
    targets_path: Pattern = Field(alias="targets", description="CSV or Parquet with one row a labelled client.")
    target_client: str | None = Field(None, description="Column of the targets with the client's id; null: the same.")
    label: str = Field(description="Column of the targets with the label.")
    label_kind: LabelKind = Field(
        "classes", description="What the label is: one of some classes, or a number, which is predicted as one."
    )
    label_values: tuple[str, ...] | tuple[tuple[str, tuple[str, ...]], ...] | None = Field(
        None,
        alias="classes",
        description="Label values in the order of their codes; of two, the second is positive; null: those there are. "
        "A mapping, {churned: [lost, gone]}, names each class and the labels that are of it.",
    )
    label_time: str | None = Field(
        None, description="Column of the targets with the time of the label: the client's later events are left out."
    )
    label_time_format: str | None = Field(None, description="How it is written, as in `time_format`.")
    csv: CsvOptions = Field(CsvOptions(), description="How CSV files are written, where looking at them misleads.")
    group: str | None = Field(None, description="Column of the targets whose clients stay on one side of the split.")

    @field_validator("time_format", "label_time_format")
    @classmethod
    def _form(cls, value: str | None) -> str | None:
        return value and checked_form(value)

    @field_validator("label_values", mode="before")
    @classmethod
    def _in_order(cls, value: Any) -> Any:
        """As pairs: the order is that of the codes, and a fingerprint knows none of a mapping's keys."""
        return tuple(value.items()) if isinstance(value, Mapping) else value

    @field_validator("label_values")
    @classmethod
    def _each_once(cls, value: Any) -> Any:
        joined = _joined(value)
        if value is not None and len(set(joined)) < max(len(value), 2):
            raise ValueError("name two or more classes, each once, or leave them out")
        labels = [label for some in joined.values() for label in some]
        if len(set(labels)) < len(labels) or not all(joined.values()):
            raise ValueError("name one or more labels of each class, and each label once")
        return value

    @model_validator(mode="after")
    def _one_role_each(self) -> Table:
        if strange := set(self.nullable) - set(self.amount_columns):
            raise ValueError(f"nullable names {', '.join(sorted(map(repr, strange)))}, which is none of the amounts")
        if self.label_kind == "number" and self.label_values is not None:
            raise ValueError("label_kind: a number has no classes: leave one of the two out")
        stored_names(self._columns)
        return self

    def predicts(self, labels: Iterable[str]) -> AnyTarget:
        """A number, or one of the classes."""
        return Number() if self.label_kind == "number" else super().predicts(labels)

    @property
    def labels(self) -> Written:
        """As ``match_labels`` takes them."""
        joined = _joined(self.label_values)
        return joined if any(labels != (name,) for name, labels in joined.items()) else self.classes

    @property
    def _columns(self) -> list[str]:
        return [*self.category_columns, *map(_flag, self.nullable), *self.amount_columns]

    @property
    def ordered(self) -> bool:
        """By the configured column."""
        return self.sequence is not None

    @property
    def _stored(self) -> dict[str, str]:
        return stored_names(self._columns)

    @property
    def source_columns(self) -> dict[str, str]:
        """As the files name them; flags of what is missing are under their stored names."""
        special = {CLIENT: self.client, TIME: self.time, **({SEQUENCE: self.sequence} if self.sequence else {})}
        return special | {stored: name for name, stored in self._stored.items()}

    def stored(self, column: str) -> str:
        """The stored name of a category or an amount; as it is for any other."""
        return self._stored.get(column, column)

    @property
    def categories(self) -> tuple[str, ...]:
        """As configured, then which amounts are missing, under their stored names."""
        return tuple(self._stored[name] for name in (*self.category_columns, *map(_flag, self.nullable)))

    @property
    def amounts(self) -> tuple[str, ...]:
        """As configured, under their stored names."""
        return tuple(self._stored[name] for name in self.amount_columns)

    @property
    def missing(self) -> dict[str, str]:
        """Of nullable amounts, under their stored names."""
        return {self._stored[name]: self._stored[_flag(name)] for name in self.nullable}

    @property
    def classes(self) -> tuple[str, ...]:
        """As configured; none where they are what the labels are."""
        return tuple(_joined(self.label_values))

    def files(self) -> list[Path]:
        """Files of the events, then of the targets, each sorted by name."""
        return [*find(self.events_path, "events"), *find(self.targets_path, "targets")]

    def events(self, spark: SparkSession, files: Sequence[Path] | None = None) -> DataFrame:
        """The configured columns under their stored names, ``row_fault`` and ``row_remark``; looks at a few rows.

        Raises:
            DataError: a column lacks, or its first values say that it is not read as it is meant.
        """
        from pyspark.sql import functions as F

        files = files or find(self.events_path, "events")
        order = [self.sequence] if self.sequence else []
        wanted = list(dict.fromkeys((self.client, self.time, *self.category_columns, *self.amount_columns, *order)))
        at = {name: f"c{i}" for i, name in enumerate(wanted)}  # names that SQL can say
        frame = read_frame(spark, files, wanted, self.csv, "events").toDF(*at.values(), ROW_FAULT)
        where = partial(_where, "events", files)
        none = [str(day) for day in self.missing_times]
        frame = add_times(frame, at[self.time], self.time_format, self.timezone, none, where(self.time))
        client = id_text(frame, at[self.client], self.ids, where(self.client))
        fault = F.coalesce(ROW_FAULT, missing_id(client, self.missing_ids)) if self.missing_ids else F.col(ROW_FAULT)
        columns = {name: F.col(at[name]).cast("string") for name in self.category_columns}
        for name, written in marks(files, self.csv, "events", self.amount_columns).items():
            amount, missing = number(F.col(at[name]), written), _missing(F.col(at[name]))
            if name in self.nullable:
                columns[_flag(name)] = F.when(missing, MISSING[0]).otherwise(MISSING[1])
                amount = F.when(missing, 0.0).otherwise(F.coalesce(amount, F.lit(float("nan"))))
            columns[name] = amount
        stored = [columns[name].alias(stored) for name, stored in self._stored.items()]
        stored += [F.col(at[name]).try_cast("double").alias(SEQUENCE) for name in order]
        return frame.select(client.alias(CLIENT), TIME, *stored, fault.alias(ROW_FAULT), REMARK)

    def as_read(self) -> Self:
        """With the marks that amounts are written with: a few numbers of another day may look otherwise."""
        found = marks_seen(find(self.events_path, "events"), self.csv, "events", self.amount_columns)
        kept = {name: (each.decimal, each.thousands) for name, each in found.items()}
        return self.model_copy(update={"csv": self.csv.model_copy(update={"marks": kept})})

    def targets(self, spark: SparkSession) -> DataFrame:
        """The labelled clients, each once; rows without a label are left out. Looks at all labels.

        Raises:
            DataError: a column lacks, a row has another number of fields, or labels contradict each other.
        """
        from pyspark.sql import functions as F

        files = find(self.targets_path, "targets")
        client = self.target_client or self.client
        wanted = list(dict.fromkeys((client, self.label, self.group or client, self.label_time or client)))
        at = {name: f"c{i}" for i, name in enumerate(wanted)}
        frame = read_frame(spark, files, wanted, self.csv, "targets").toDF(*at.values(), ROW_FAULT)
        if bad := frame.where(F.col(ROW_FAULT).isNotNull()).select(ROW_FAULT).first():
            raise DataError(f"{_where('targets', files)}: {bad[0]}: mend the rows that are so")
        id = id_text(frame, at[client], self.ids, _where("targets", files, client))
        if self.missing_ids:
            id = F.when(missing_id(id, self.missing_ids).isNull(), id)
        group = F.col(at[self.group]).cast("string") if self.group else id
        id, group = (F.when(F.trim(column) != "", column) for column in (id, group))
        label = F.col(at[self.label]).cast("string")
        columns = [id.alias(CLIENT), label.alias(LABEL), F.coalesce(group, id).alias(GROUP)]
        if self.label_time:
            where = _where("targets", files, self.label_time)
            frame = read_times(frame, at[self.label_time], self.label_time_format, self.timezone, where)
            columns.append(F.col(TIME).alias(CUT))
        rows = frame.select(columns)
        where = _where("targets", files, self.label)
        if self.label_kind == "number":
            return numbered(rows, marks(files, self.csv, "targets", [self.label])[self.label], where)
        return labelled(rows, self.labels, where)


def _joined(classes: Sequence[str | tuple[str, tuple[str, ...]]] | None) -> dict[str, tuple[str, ...]]:
    """Class to the labels that are of it, in the order of the codes."""
    return dict((each, (each,)) if isinstance(each, str) else each for each in classes or ())


def _flag(amount: str) -> str:
    return f"{amount}_missing"


def _missing(amount: Column) -> Column:
    """Whether nothing stands for an amount, or a word for nothing."""
    from pyspark.sql import functions as F

    return amount.isNull() | F.lower(F.trim(amount.cast("string"))).isin("", *NULL_WORDS)


def _where(what: str, files: Sequence[Path], column: str | None = None) -> str:
    others = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"dataset.{what}: {files[0]}{others}" + (f", column {column!r}" if column is not None else "")
