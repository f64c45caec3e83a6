"""Times of every form to instants, against pandas, and what is refused with which advice."""

import re
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from coles_ops.datasets.times import MIXED, add_times
from coles_ops.schema import REMARK, TIME, DataError
from coles_ops.sources import ROW_FAULT

pytestmark = pytest.mark.spark


def read(spark, values, kind="string", form=None, zone="UTC", none=()):
    """(instant, fault, remark) of each value, instants as pandas has them."""
    rows = [(value, None) for value in values]
    frame = spark.createDataFrame(rows, f"value {kind}, {ROW_FAULT} string").coalesce(1)
    found = add_times(frame, "value", form, zone, none, "events.csv, column 'when'")
    micros = found.selectExpr(f"unix_micros({TIME}) AS time", ROW_FAULT, REMARK).collect()
    return [(None if t is None else pd.Timestamp(t, unit="us"), fault, remark) for t, fault, remark in micros]


def instants(*args, **kwargs):
    return [str(time) if time is not None else None for time, _, _ in read(*args, **kwargs)]


ZONED = [
    "2024-03-01 10:00:00+03:00", "2024-03-01T07:00:00Z", "2024-03-01 07:00:00.000 UTC", "2024-03-01 02:00:00-0500",
    "2024-03-01 07:00:00 +00:00", "2024-03-01T10:00+03:00", "2024-03-01T07:00z", "2024-03-01 10:00:00 Europe/Moscow",
]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Europe/Moscow", "America/New_York"])
def test_what_has_an_offset_or_a_zone_is_an_instant_whatever_the_configured_zone(spark, zone):
    assert instants(spark, ZONED, zone=zone) == ["2024-03-01 07:00:00"] * len(ZONED)
    moment = [datetime(2024, 3, 1, 7)]
    assert instants(spark, moment, "timestamp", zone=zone) == ["2024-03-01 07:00:00"]
    assert instants(spark, [1709276400], "long", "seconds", zone) == ["2024-03-01 07:00:00"]
    assert instants(spark, ["1.3.2024 10:00 +0300"], form="d.M.yyyy H:mm Z", zone=zone) == ["2024-03-01 07:00:00"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Moscow", "America/New_York"])
def test_wall_times_are_those_of_the_configured_zone(spark, zone):
    moment = datetime(2024, 3, 1, 10, 0, 0, 250_000)
    expected = str(pd.Timestamp(moment).tz_localize(zone).tz_convert("UTC").tz_localize(None))
    texts = ["2024-03-01 10:00:00.25", " 2024-03-01T10:00:00.250000 ", "2024-3-1 10:00:00.25"]
    assert instants(spark, texts, zone=zone) == [expected] * 3
    assert instants(spark, [moment], "timestamp_ntz", zone=zone) == [expected]
    assert instants(spark, ["01.03.2024 10:00:00.250"], form="dd.MM.yyyy HH:mm:ss.SSS", zone=zone) == [expected]
    midnight = str(pd.Timestamp("2024-03-01").tz_localize(zone).tz_convert("UTC").tz_localize(None))
    assert instants(spark, [date(2024, 3, 1)], "date", zone=zone) == [midnight]
    assert instants(spark, ["2024-03-01"], zone=zone) == [midnight]
    assert instants(spark, [20240301], "int", "yyyyMMdd", zone) == [midnight]
    assert instants(spark, [19783], "int", "days", zone) == instants(spark, [45352.0], "double", "excel_days", zone)
    assert instants(spark, ["19783"], form="days", zone=zone) == [midnight]


@pytest.mark.parametrize(
    ("unit", "value", "kind"),
    [
        ("seconds", 1709251200.123456, "double"),
        ("seconds", "1709251200.123456", "string"),
        ("seconds", Decimal("1709251200.123456"), "decimal(20,6)"),
        ("milliseconds", "1709251200123.456", "string"),
        ("microseconds", 1709251200123456, "long"),
        ("nanoseconds", 1709251200123456789, "long"),
        ("nanoseconds", " 1709251200123456789", "string"),
    ],
)
def test_numbers_are_read_to_the_microsecond(spark, unit, value, kind):
    assert instants(spark, [value], kind, unit) == ["2024-03-01 00:00:00.123456"]


def test_what_is_no_time_is_null(spark):
    bad = [
        "2024-02-30",
        "soon",
        "10:00",
        "",
        None,
        "2024",
        "1e300",
        "20240301",
        "2024-03-01 25:00",
    ]
    assert instants(spark, ["2024-03-01"] * 20 + bad)[20:] == [None] * len(bad)
    numbers = [1e300, float("nan"), float("inf"), -1e300, None]
    assert instants(spark, [1709251200.0] * 20 + numbers, "double", "seconds")[20:] == [None] * 5


@pytest.mark.parametrize(
    ("values", "kind", "form", "message"),
    [
        (["1709251200000"], "string", None, r"likely milliseconds, 2024-03-01 00:00.*`time_format: milliseconds`"),
        ([1709251200, 1709337600], "long", None, r"2024-03-01 00:00 to 2024-03-02 00:00: write `time_format: seconds`"),
        ([20240301], "int", None, r"write `time_format: yyyyMMdd`"),
        (["20240301101112"], "string", None, r"write `time_format: yyyyMMddHHmmss`"),
        ([19783], "int", None, r"write `time_format: days`"),
        ([45352.5], "double", None, r"write `time_format: excel_days`"),
        ([1709251200000000000], "long", None, r"write `time_format: nanoseconds`"),
        ([17], "int", None, r"'17' are no times as 2024-03-01 10:00:00.*one of seconds"),
        ([1709251200], "long", "milliseconds", r"milliseconds is not what it holds.*`time_format: seconds`"),
        ([1709251200000], "long", "seconds", r"time_format seconds is not what it holds.*`time_format: milliseconds`"),
        ([1709251200000], "long", "yyyyMMdd", r"'yyyyMMdd' reads 0 of the first 1.*`time_format: milliseconds`"),
        (["31.12.2023 10:00"], "string", None, r"write `time_format: dd\.MM\.yyyy HH:mm`"),
        (["01/02/2024"], "string", None, r"write `time_format: dd/MM/yyyy or MM/dd/yyyy`"),
        (["31.12.2023"], "string", "MM.dd.yyyy", r"'MM\.dd\.yyyy' reads 0 of the first 1.*`time_format: dd\.MM\.yyyy`"),
        (["yesterday"], "string", None, r"events\.csv, column 'when': 'yesterday' are no times"),
        (["2024-03-01 10:00", "2024-03-01T10:00Z"], "string", None, r"has an offset or a zone and .* has none"),
        ([datetime(2024, 3, 1)], "timestamp", "seconds", r"holds times already: leave dataset\.time_format out"),
        ([True], "boolean", None, r"holds boolean: expected times, text or numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_without_guessing_is_refused_with_what_to_write(spark, values, kind, form, message):
    with pytest.raises(DataError, match=message):
        read(spark, values, kind, form)


@pytest.mark.parametrize("first", ["2024-03-01 10:00", "2024-03-01T10:00Z"])
def test_a_stray_time_of_the_other_kind_is_a_fault_of_its_row(spark, first):
    other = {"2024-03-01 10:00", "2024-03-01T10:00Z"} - {first}
    *found, (time, fault, _) = read(spark, [first] * 2_000 + [*other])
    assert (time, fault) == (None, MIXED)
    assert {fault for _, fault, _ in found} == {None}


def test_days_that_stand_for_no_time_are_remarked_or_left_out(spark):
    values = ["1900-01-01", "9999-12-31 23:59:59", "2024-03-01", "1985-01-01"]
    assert [remark and re.sub(".*: ", "", remark) for *_, remark in read(spark, values)] == [
        "1900-01-01", "9999-12-31", None, None,
    ]  # fmt: skip
    faults = [fault for _, fault, _ in read(spark, values, none=["1900-01-01", "2024-03-01"])]
    assert faults == ["event_time stands for none: 1900-01-01", None, "event_time stands for none: 2024-03-01", None]


def test_hours_that_a_clock_skipped_or_showed_twice_are_remarked(spark):
    values = ["2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00", "2024-10-27 02:00", "2024-10-27 03:00"]
    found = read(spark, values, zone="Europe/Berlin")
    assert [str(time)[5:16] for time, _, _ in found] == [
        "03-31 00:59",
        "03-31 01:30",
        "03-31 01:00",
        "10-27 00:00",
        "10-27 02:00",
    ]
    remarks = [remark and remark.split(" on a clock of ")[1] for *_, remark in found]
    assert remarks == [
        None, "Europe/Berlin skipped, and the later hour is taken", None,
        "Europe/Berlin shown twice, and the first is taken", None,
    ]  # fmt: skip
    assert {remark for *_, remark in read(spark, [value + ":00Z" for value in values], zone="Europe/Berlin")} == {None}
