"""Which column is the time, and in which form."""

import pandas as pd
import pytest
from looks import look, world

from coles_ops.inspect import Role
from coles_ops.inspect.parsing import to_strptime
from coles_ops.schema import DataError

EVENTS, PEOPLE = world()
SECONDS = EVENTS["when"].astype("int64") // 10**9


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (EVENTS["when"], None),
        (EVENTS["when"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f+03:00"), None),
        (EVENTS["when"].dt.strftime("%Y-%m-%d"), None),
        (EVENTS["when"].dt.strftime("%d.%m.%Y %H:%M"), "dd.MM.yyyy HH:mm"),
        (EVENTS["when"].dt.strftime("%m/%d/%Y %I:%M:%S %p"), "MM/dd/yyyy hh:mm:ss a"),
        (EVENTS["when"].dt.strftime("%Y%m%d"), "yyyyMMdd"),
        (EVENTS["when"].dt.strftime("%Y%m%d%H%M%S"), "yyyyMMddHHmmss"),
        (SECONDS, "seconds"),
        (SECONDS * 1000, "milliseconds"),
        (SECONDS * 1000_000, "microseconds"),
        (SECONDS // 86_400, "days"),
    ],
)
def test_the_form_of_a_time_is_found(written, form):
    found = look(EVENTS.assign(when=written), PEOPLE)
    assert (found.column(Role.TIME), found.time.form) == ("when", form)
    zoned = "+03:00" in str(written.iloc[0])
    assert str(found.time.first.date()) == ("2024-02-29" if zoned else "2024-03-01")
    assert found.time.zoned == zoned
    assert found.time.unreadable == 0


def test_what_is_odd_about_times_is_said():
    few = EVENTS["when"].dt.strftime("%d/%m/%Y").where(EVENTS["when"].dt.day < 13, "05/04/2024").copy()
    assert "MM/dd/yyyy fits as well" in look(EVENTS.assign(when=few), PEOPLE).warnings[0]
    far = EVENTS["when"].astype(str).copy()
    far[:3] = "9999-12-31"
    far[3:6] = "never"
    found = look(EVENTS.assign(when=far), PEOPLE)
    assert "outside of 1990 to tomorrow, for example 9999-12-31" in found.warnings[0]
    assert "are not ISO 8601" in found.warnings[1]
    assert found.time.last.year == 2024


def test_codes_are_no_times():
    codes = EVENTS.assign(product=20_000 + SECONDS % 500, phone=1_700_000_000 + SECONDS % 900).drop(columns="when")
    with pytest.raises(DataError, match="no column holds times; its columns are who, mcc, city, paid, product"):
        look(codes.drop(columns="phone"), PEOPLE)
    assert look(EVENTS.assign(phone=codes["phone"]), PEOPLE).column(Role.TIME) == "when"


@pytest.mark.parametrize(
    ("form", "strptime"),
    [
        ("d/M/yyyy H:mm", "%d/%m/%Y %H:%M"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXX", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("yyyy[ HH]", None),
    ],
)
def test_patterns_of_spark_are_read_without_it(form, strptime):
    assert to_strptime(form) == strptime


def test_the_outcomes_time_is_compared_with_the_events():
    people = PEOPLE.assign(churned_on=pd.Timestamp("2024-05-01"))
    warnings = look(EVENTS, people).warnings
    told = "events are later than 'churned_on' of the targets: leave them out by `label_time: churned_on`"
    assert any(told in warning for warning in warnings)
    late = look(EVENTS, PEOPLE.assign(churned_on=pd.Timestamp("2024-12-01"))).warnings
    assert not any("later than" in warning for warning in late)
