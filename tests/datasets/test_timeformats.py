"""Which unit a number has, which pattern a text, and what is said of a pattern that Spark does not have."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coles_ops.datasets.timeformats import (
    UNITS,
    checked_form,
    from_strptime,
    has_zone,
    number_form,
    number_time,
    text_forms,
)

times = st.datetimes(datetime(1990, 1, 2), datetime(2026, 1, 1)).map(lambda t: t.replace(microsecond=0))


@given(times)
def test_a_number_is_plausible_in_one_form_only(when):
    since = (when - datetime(1970, 1, 1)) // timedelta(seconds=1)
    numbers = {
        "seconds": since, "milliseconds": since * 1000, "microseconds": since * 10**6, "nanoseconds": since * 10**9,
        "days": since // 86_400, "excel_days": since // 86_400 + 25_569, "yyyy": when.year,
        "yyyyMM": f"{when:%Y%m}", "yyyyMMdd": f"{when:%Y%m%d}", "yyyyMMddHHmm": f"{when:%Y%m%d%H%M}",
        "yyyyMMddHHmmss": int(f"{when:%Y%m%d%H%M%S}"),
    }  # fmt: skip
    assert {form: number_form([number]) for form, number in numbers.items()} == {form: form for form in numbers}
    assert number_time(since * 1000, "milliseconds") == when


@pytest.mark.parametrize("values", [[], ["x"], [0, 1, 2], [5e8], [1e20], [20241301], ["nan"], [10**400]])
def test_other_numbers_have_no_form(values):
    assert number_form(values) is None


def test_one_stray_number_in_ten_does_not_hide_the_form():
    assert number_form([1709251200000] * 9 + [0]) == "milliseconds"
    assert number_form([1709251200000] * 5 + [1709251200] * 5) is None


@pytest.mark.parametrize(
    ("values", "forms"),
    [
        (["01.03.2024", "31.12.2023"], ["dd.MM.yyyy"]),
        (["01.03.2024 10:00", "31.12.2023 09:59"], ["dd.MM.yyyy HH:mm"]),
        (["13/01/2024"], ["dd/MM/yyyy"]),
        (["01/13/2024"], ["MM/dd/yyyy"]),
        (["01/02/2024", "03/04/2024"], ["dd/MM/yyyy", "MM/dd/yyyy"]),
        (["1/2/2024 9:05", "13/12/2024 10:05"], ["d/M/yyyy H:mm"]),
        (["03/01/2024 09:05 PM"], ["dd/MM/yyyy hh:mm a", "MM/dd/yyyy hh:mm a"]),
        (["01 Mar 2024"], ["dd MMM yyyy", "dd MMMM yyyy"][:1]),
        (["2024/03/01 10:00:00.123"], ["yyyy/MM/dd HH:mm:ss.SSS"]),
        (["20240301T101112"], ["yyyyMMdd'T'HHmmss"]),
        (["soon"], []),
        ([], []),
    ],
)
def test_patterns_that_read_all_texts(values, forms):
    assert text_forms(values) == forms


@pytest.mark.parametrize(
    "form",
    [
        *UNITS,
        "yyyy-MM-dd",
        "dd.MM.yyyy HH:mm:ss",
        "yyyyMMdd",
        "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "M/d/yy h:mm a",
        "yyyyDDD",
    ],
)
def test_a_form_that_spark_reads_is_taken_as_it_is(form):
    assert checked_form(form) == form


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("%Y-%m-%d %H:%M:%S", r"write 'yyyy-MM-dd HH:mm:ss'"),
        ("%d.%m.%Y", r"write 'dd\.MM\.yyyy'"),
        ("YYYY-MM-DD", r"write 'yyyy-MM-dd'"),
        ("YYYY-MM-dd", r"write 'yyyy-MM-dd'"),
        ("yyyy-mm-dd", r"write 'yyyy-MM-dd'"),
        ("yyyy-mm-dd HH:MM:SS", r"write 'yyyy-MM-dd HH:mm:ss'"),
        ("dd.MM.yyyy hh:mm", r"write 'dd\.MM\.yyyy HH:mm'"),
        ("yyyy-MM-ddTHH:mm:ss", r"write \"yyyy-MM-dd'T'HH:mm:ss\""),
        ("yyyy-MM-dd pp", "no letter p"),
        ("EEE yyyy-MM-dd", "no letter E"),
        ("yyyyyyyy", "too many letters"),
        ("MMMMM yyyy", "write MMMM"),
        ("HH:mm:ss", "no year"),
        ("ms", "write milliseconds"),
        ("second", "write seconds"),
        ("unix", "write seconds"),
        ("iso", "leave time_format out"),
        ("nonsense", "no letter e"),
        ("yyyy-MM-dd HH:mm[XXX]", r"without \[ \]"),
    ],
)
def test_any_other_says_what_to_write(form, message):
    with pytest.raises(ValueError, match=message):
        checked_form(form)


def test_a_zone_in_a_pattern_is_seen_and_one_in_quotes_is_not():
    assert has_zone("yyyy-MM-dd HH:mm XXX")
    assert has_zone(from_strptime("%Y-%m-%d %H:%M:%S%z"))
    assert not has_zone("yyyy-MM-dd'X'HH:mm")
