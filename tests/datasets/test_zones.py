"""Zones are those of the IANA database, and their jumps those of its clocks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from coles_ops.datasets.zones import checked_zone, jumps


@pytest.mark.parametrize("name", ["UTC", "Europe/Moscow", "Asia/Kolkata", "Etc/GMT-3"])
def test_a_zone_of_the_database_is_taken_as_it_is(name):
    assert checked_zone(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Europe/Mosow", "did you mean Europe/Moscow"),
        ("Moscow", "Europe/Moscow"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("MSK", "Europe/Moscow"),
        ("+03:00", r"write Etc/GMT-3"),
        ("UTC+3", r"write Etc/GMT-3"),
        ("GMT-05", r"write Etc/GMT\+5"),
        ("nowhere at all", "write e.g. Europe/Moscow or UTC"),
        ("", "write e.g. Europe/Moscow or UTC"),
    ],
)
def test_any_other_is_refused_with_what_is_near(name, message):
    with pytest.raises(ValueError, match=message):
        checked_zone(name)


def test_the_jumps_of_a_zone():
    assert jumps("UTC") == jumps("Asia/Kolkata") == []
    known = {jump.start: jump for jump in jumps("Europe/Berlin")}
    assert known[datetime(2024, 3, 31, 2)] == (datetime(2024, 3, 31, 2), datetime(2024, 3, 31, 3), False)
    assert known[datetime(2024, 10, 27, 2)] == (datetime(2024, 10, 27, 2), datetime(2024, 10, 27, 3), True)
    assert {jump.end - jump.start for jump in jumps("Australia/Lord_Howe")} == {timedelta(minutes=30)}
    assert jumps("Pacific/Apia")[-1].start.year >= 2011


@pytest.mark.parametrize("name", ["Europe/Moscow", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia"])
def test_wall_times_within_a_jump_are_skipped_or_twice(name):
    zone = ZoneInfo(name)
    for start, end, twice in jumps(name):
        early, late = (zone.utcoffset((start + (end - start) / 2).replace(fold=fold)) for fold in (0, 1))
        assert (early > late) == twice
        assert early != late
