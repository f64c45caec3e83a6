"""A column of times to instants: what it holds is decided on its first values, and every row is held to it.

Values with an offset or a zone are instants. Wall times are those of the configured zone. A column holds the one or
the other: a value of the other kind is a fault of its row that validation lets pass in no number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coles_ops.datasets.timeformats import UNITS, WALL_UNITS, has_zone, number_form, number_time, text_forms
from coles_ops.datasets.zones import jumps
from coles_ops.schema import REMARK, TIME, DataError
from coles_ops.sources import ROW_FAULT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MIXED = "event_time has an offset or a zone in some rows and none in others"
_FIRST = 2_000  # values looked at
_SHOWN = 3  # of them, in a message
_STAND_INS = (
    "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "2099-12-31", "2222-02-22",
    "2999-12-31", "3000-01-01", "9999-12-31",
)  # fmt: skip
_USUAL = ("1990-01-01", "2050-01-01")  # no day that stands for none lies between

_DATE = r"\d{4}-\d\d?-\d\d?"
_CLOCK = r"\d\d?(:\d\d?){0,2}([.]\d*)?"
_WALL = rf"^\s*{_DATE}([T ]({_CLOCK})?)?\s*$"
_ZONED = rf"^\s*{_DATE}[T ]{_CLOCK}\s*([A-Za-z].*|[+-]\d.*)$"
_LOCAL = "time_as_written"


def add_times(frame: DataFrame, column: str, form: str | None, zone: str, none: Sequence[str], where: str) -> DataFrame:
    """Add ``event_time``, null for what is no time, and ``row_remark``; add to ``row_fault``.

    Args:
        frame: with the column and ``row_fault``.
        column: its name in the frame: times, text or numbers.
        form: a unit, a pattern of Spark, or None for times that say themselves what they are.
        zone: IANA zone of wall times.
        none: days, such as 1900-01-01, that stand for no time.
        where: the files and the column as the user knows them, for messages.

    Raises:
        DataError: the first values are no times so; says what they look like and what to write.
    """
    from pyspark.sql import functions as F

    local, wall, mixed = _as_written(frame, column, form, where)
    frame = frame.withColumn(_LOCAL, local)  # a step of its own, so that it is computed once
    local = F.col(_LOCAL)
    day = F.to_date(local)
    faults: list[Column | str] = [ROW_FAULT, *([mixed] if mixed is not None else [])]
    if none:
        faults.append(F.when(day.isin(*none), F.concat(F.lit("event_time stands for none: "), day)))
    odd = F.when(day.isin(*_STAND_INS), F.concat(F.lit("event_time often stands for none: "), day))
    odd = F.when((local < F.lit(_USUAL[0])) | (local >= F.lit(_USUAL[1])), odd)
    return frame.withColumns(
        {
            TIME: to_instant(local, zone) if wall else local,
            ROW_FAULT: F.coalesce(*faults),
            REMARK: F.coalesce(odd, _jumped(local, zone)) if wall else odd,
        }
    ).drop(_LOCAL)


def read_times(frame: DataFrame, column: str, form: str | None, zone: str, where: str) -> DataFrame:
    """Add ``event_time``, as ``add_times`` does, of a column each of whose values must be a time, or nothing.

    Raises:
        DataError: a value is no time.
    """
    from pyspark.sql import functions as F

    frame = add_times(frame, column, form, zone, (), where)
    unread = F.col(TIME).isNull() & (F.trim(F.col(column).cast("string")) != "")
    if bad := frame.where(unread).select(F.col(column).cast("string")).first():
        raise DataError(f"{where}: {bad[0]!r} is no time: mend it, or leave the place empty")
    return frame


def to_instant(local: Column, zone: str) -> Column:
    """The UTC instant of a time on the clock of a zone; Spark's conversion is slow from UTC, too."""
    from pyspark.sql import functions as F

    return local if zone == "UTC" else F.to_utc_timestamp(local, zone)


def _as_written(frame: DataFrame, column: str, form: str | None, where: str) -> tuple[Column, bool, Column | None]:
    """The times in UTC, or on their clock where the second is true; and the fault of a row of the other kind."""
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    kind, text = frame.schema[column].dataType, F.col(column).cast("string")
    if isinstance(kind, T.TimestampType | T.TimestampNTZType | T.DateType):
        if form:
            raise DataError(f"{where} holds times already: leave dataset.time_format out")
        return F.col(column).cast("timestamp"), not isinstance(kind, T.TimestampType), None
    if not isinstance(kind, T.NumericType | T.StringType):
        raise DataError(f"{where} holds {kind.simpleString()}: expected times, text or numbers")
    if form is None:
        wall = _is_wall(_first(frame, text), where)
        own, other = (_WALL, _ZONED) if wall else (_ZONED, _WALL)
        full = F.regexp_replace(
            F.upper(text), r"(?<=[T ])(\d\d?:\d\d)(?=\s*[Z+-])", "$1:00"
        )  # Spark wants seconds then
        local = F.when(text.rlike(own), F.coalesce(text.try_cast("timestamp"), full.try_cast("timestamp")))
        return local, wall, F.when(F.col(_LOCAL).isNull() & text.rlike(other), F.lit(MIXED))
    local = _since(F.col(column), form) if form in UNITS else F.try_to_timestamp(F.trim(text), F.lit(form))
    _check(frame, text, local, form, where)
    return local, form in WALL_UNITS or not (form in UNITS or has_zone(form)), None


def _since(column: Column, unit: str) -> Column:
    """Of a number in a unit the time, to the microsecond."""
    from pyspark.sql import functions as F

    if unit == "nanoseconds":  # a double does not hold them
        return F.timestamp_micros(F.floor(column.try_cast("decimal(38,0)") / 1000).try_cast("bigint"))
    seconds, zero = UNITS[unit]
    micros = (column.try_cast("double") - zero) * float(seconds * 1_000_000)
    return F.timestamp_micros(F.round(micros).try_cast("bigint"))


def _jumped(local: Column, zone: str) -> Column:
    """Remark of a wall time that a zone's clock skipped or showed twice."""
    from pyspark.sql import functions as F

    remark = F.lit(None).cast("string")
    for twice, text in ((False, "skipped, and the later hour is taken"), (True, "shown twice, and the first is taken")):
        within = [
            f"{_LOCAL} >= timestamp'{j.start}' AND {_LOCAL} < timestamp'{j.end}'"
            for j in jumps(zone)
            if j.twice == twice
        ]
        if within:
            remark = F.when(F.expr(" OR ".join(within)), f"event_time is on a clock of {zone} {text}").otherwise(remark)
    days = {moment.date() for jump in jumps(zone) for moment in (jump.start, jump.end)}
    return F.when(F.to_date(local).isin(*days), remark) if days else remark


def _first(frame: DataFrame, text: Column, *others: Column) -> list:
    """The first values that are not null or empty, as text; rows where others are asked for, too."""
    rows = frame.select(text.alias("text"), *others).where("trim(text) != ''").limit(_FIRST).collect()
    return rows if others else [row[0] for row in rows]


def _is_wall(values: list[str], where: str) -> bool:
    """Whether times that say themselves what they are have no zone; raises DataError where they do not say it."""
    zoned = [value for value in values if re.match(_ZONED, value)]
    wall = [value for value in values if re.match(_WALL, value)]
    if 2 * len(zoned + wall) < len(values):
        raise DataError(f"{where}: {_advice([v for v in values if v not in {*zoned, *wall}])}")
    if zoned and wall:
        raise DataError(
            f"{where}: {zoned[0]!r} has an offset or a zone and {wall[0]!r} has none: write all times in one way"
        )
    return not zoned


def _check(frame: DataFrame, text: Column, local: Column, form: str, where: str) -> None:
    """Raise DataError where a form reads less than half of the first values, or numbers of another unit."""
    from pyspark.errors import PySparkException

    try:
        rows = _first(frame, text, local.isNotNull())
    except PySparkException as error:
        if "DATETIME" not in (error.getCondition() or ""):
            raise
        raise DataError(f"{where}: Spark does not take time_format {form!r}: {str(error).splitlines()[0]}") from None
    unread = [value for value, read in rows if not read]
    values = [value for value, _ in rows]
    if 2 * len(unread) > len(rows):
        raise DataError(
            f"{where}: time_format {form!r} reads {len(rows) - len(unread)} of the first {len(rows)}: {_advice(unread)}"
        )
    other = number_form(values) if form in UNITS else None
    if other and other != form:
        raise DataError(f"{where}: time_format {form} is not what it holds: {_advice(values)}")


def _advice(values: list[str]) -> str:
    """What values are that no time was read from, and what to write."""
    shown = ", ".join(map(repr, dict.fromkeys(values[:_SHOWN])))
    if unit := number_form(values):
        times = sorted(found for value in values if (found := number_time(value, unit)))
        span = f"{times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M}"
        return f"numbers such as {shown} are likely {unit}, {span}: write `time_format: {unit}` under dataset"
    if forms := text_forms(values):
        return f"texts such as {shown} are likely written so: write `time_format: {' or '.join(forms)}` under dataset"
    units = ", ".join(UNITS)
    return (
        f"{shown} are no times as 2024-03-01 10:00:00: write under dataset how they are written, "
        f"`time_format: dd.MM.yyyy HH:mm` or one of {units}"
    )
