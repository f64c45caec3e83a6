"""Zones of clocks on the wall: which there are, and when one was put forward or back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

_OTHER_NAMES = {"msk": "Europe/Moscow", "bst": "Europe/London", "pst": "America/Los_Angeles", "ist": "Asia/Kolkata"}
_FIRST = datetime(1990, 1, 1)


class Jump(NamedTuple):
    """Wall times ``[start, end)`` that a zone skipped, or lived through twice."""

    start: datetime
    end: datetime
    twice: bool


def checked_zone(name: str) -> str:
    """An IANA zone as it was given; raises ValueError with the names that are near."""
    if name in available_timezones():
        return name
    if offset := re.fullmatch(r"(?:UTC|GMT)?([+-])0?(\d{1,2})(?::?00)?", name):
        sign = "-" if offset[1] == "+" else "+"  # the signs of these names are those of POSIX
        raise ValueError(f"{name!r} is an offset: name a place, or write Etc/GMT{sign}{offset[2]}")
    known = {zone.lower(): zone for zone in available_timezones() if not zone.startswith("posix")}
    cities = {zone.rpartition("/")[2]: known[zone] for zone in sorted(known, reverse=True)}
    asked = name.lower().replace(" ", "_")
    near = [_OTHER_NAMES[asked]] if asked in _OTHER_NAMES else []
    near += [known[zone] for zone in get_close_matches(asked, known, 3)]
    near += [cities[city] for city in get_close_matches(asked.rpartition("/")[2], cities, 2, 0.75)]
    advice = f"did you mean {', '.join(dict.fromkeys(near))}?" if near else "write e.g. Europe/Moscow or UTC"
    raise ValueError(f"no zone {name!r} in the IANA database: {advice}")


@cache
def jumps(name: str) -> list[Jump]:
    """Where the clock of a zone jumped between 1990 and tomorrow, in order."""
    zone, found = ZoneInfo(name), []
    day, end = _FIRST, datetime.now(UTC).replace(tzinfo=None) + timedelta(days=2)
    while day < end:
        before, after = (zone.utcoffset(day + timedelta(days=d)) for d in (0, 1))
        assert before is not None, "ZoneInfo knows every offset"
        assert after is not None
        if before != after:
            found.append(_jump(zone, day, before, after))
        day += timedelta(days=1)
    return found


def _jump(zone: ZoneInfo, day: datetime, before: timedelta, after: timedelta) -> Jump:
    """The jump between two wall times a day apart, found by halving the time between."""
    low, high = (t.replace(tzinfo=UTC) - offset for t, offset in ((day, before), (day + timedelta(days=1), after)))
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    moment = high.replace(microsecond=0, tzinfo=None)
    start, end = sorted((moment + before, moment + after))
    return Jump(start, end, twice=after < before)
