"""How a time may be written: as a number, told by the range it lies in, or as text in a pattern of Spark.

A time is plausible from 1990 to tomorrow. No number is plausible in two of the ways that are known here, so a number
of unknown unit can be named, and is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

EPOCH = datetime(1970, 1, 1)
EARLIEST = datetime(1990, 1, 1)
_EXCEL = 25_569  # the day number of 1970-01-01 in a spreadsheet
_MOST = 0.9  # share of the values that must agree on what they are

# name to seconds of one unit, and its value at 1970; the first four count from an instant, days from a midnight
UNITS: dict[str, tuple[Decimal, int]] = {
    "seconds": (Decimal(1), 0),
    "milliseconds": (Decimal("1e-3"), 0),
    "microseconds": (Decimal("1e-6"), 0),
    "nanoseconds": (Decimal("1e-9"), 0),
    "days": (Decimal(86_400), 0),
    "excel_days": (Decimal(86_400), _EXCEL),
}
WALL_UNITS = ("days", "excel_days")
_DIGITS = {  # digits to how they are read, in Spark's letters and in strptime's
    4: ("yyyy", "%Y"),
    6: ("yyyyMM", "%Y%m"),
    8: ("yyyyMMdd", "%Y%m%d"),
    12: ("yyyyMMddHHmm", "%Y%m%d%H%M"),
    14: ("yyyyMMddHHmmss", "%Y%m%d%H%M%S"),
}
_ALIASES = {
    "s": "seconds", "sec": "seconds", "unix": "seconds", "epoch": "seconds", "timestamp": "seconds",
    "ms": "milliseconds", "millis": "milliseconds", "us": "microseconds", "micros": "microseconds",
    "ns": "nanoseconds", "nanos": "nanoseconds", "day": "days", "excel": "excel_days",
}  # fmt: skip
_LETTERS = "GyMLdDahHkKmsSVzOXxZ"  # what Spark parses; E, F, q and Q it only writes
_ZONE_LETTERS = "VzOXxZ"
_LONGEST = dict.fromkeys("MLaz", 4) | dict.fromkeys("dhHkKms", 2) | {"y": 6, "D": 3, "S": 9, "X": 5, "x": 5, "Z": 5}

STRPTIME = {  # letters of strptime to those of Spark
    "Y": "yyyy", "y": "yy", "m": "MM", "d": "dd", "H": "HH", "I": "hh", "M": "mm", "S": "ss", "f": "SSSSSS", "p": "a",
    "b": "MMM", "B": "MMMM", "j": "DDD", "z": "XX", "Z": "z", "T": "HH:mm:ss", "F": "yyyy-MM-dd", "R": "HH:mm",
    "D": "MM/dd/yy", "%": "%",
}  # fmt: skip
_SHAPES = [  # what texts may look like, in strptime's letters
    f"{date}{time}"
    for date in (
        "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d-%b-%Y",
        "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%Y%m%d", "%Y-%m-%d",
    )
    for time in (
        "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S", "T%H:%M:%S",
        "T%H%M%S", " %H%M%S", "T%H:%M:%S.%f", " %H:%M:%S %z", " %H:%M:%S,%f",
    )
]  # fmt: skip


def number_form(values: Iterable[object]) -> str | None:
    """The unit, or the pattern of digits, in which at least nine of ten numbers are plausible times; None for none."""
    found = [number for value in values if (number := _number(value)) is not None]
    if not found:
        return None
    forms = [_form(number) for number in found]
    best = max(set(forms), key=lambda form: (forms.count(form), form or ""))
    return best if forms.count(best) >= _MOST * len(forms) else None


def number_time(value: object, form: str) -> datetime | None:
    """What a number says in a unit or a pattern of digits; None where it says nothing."""
    number = _number(value)
    try:
        if number is None or form in UNITS:
            return None if number is None else _in_unit(number, form)
        (strptime,) = [strptime for spark, strptime in _DIGITS.values() if spark == form]
        return datetime.strptime(str(int(number)), strptime)
    except (ValueError, OverflowError):
        return None


def text_forms(values: Sequence[str]) -> list[str]:
    """The patterns of Spark, among common ones, that read all of the texts; several where days and months agree."""
    texts = [value.strip() for value in values[:200]]
    return list(dict.fromkeys(_loosened(shape, texts) for shape in _SHAPES if texts and _reads(shape, texts)))


def checked_form(form: str) -> str:
    """A ``time_format`` as it was given.

    Raises:
        ValueError: Spark would read nothing or something else by it; says what to write.
    """
    if form in UNITS:
        return form
    units = ", ".join(UNITS)
    if form.lower() in _ALIASES or (form.isalpha() and (near := get_close_matches(form.lower(), UNITS, 1, 0.75))):
        raise ValueError(f"units are written out: write {_ALIASES.get(form.lower()) or near[0]} (known: {units})")
    if form.lower() in ("iso", "iso8601", "iso-8601", "auto"):
        raise ValueError("leave time_format out: times as 2024-03-01 10:00:00 are read without it")
    if "%" in form:
        raise ValueError(f"patterns are written in Spark's letters: write {from_strptime(form)!r}")
    mended = _mended(form)
    if mended != form:
        raise ValueError(f"Spark reads the letters of this pattern as something else: write {mended!r}")
    runs = _runs(form)
    wrong = sorted({run[0] for run in runs if run[0] not in _LETTERS})
    if wrong:
        raise ValueError(
            f"Spark's patterns have no letter {', '.join(wrong)} to read by: write e.g. 'dd.MM.yyyy HH:mm:ss', letters "
            f"that stand for themselves in quotes, or one of {units}"
        )
    for run in runs:
        if len(run) > _LONGEST.get(run[0], len(run)):
            raise ValueError(f"{run} has too many letters: write {run[: _LONGEST[run[0]]]}")
    if not any(run[0] == "y" for run in runs):
        raise ValueError(f"it has no year: write e.g. 'dd.MM.yyyy HH:mm:ss', or one of {units}")
    if re.search(rf"\[[^]]*[{_ZONE_LETTERS}]", _unquoted(form)):
        raise ValueError("a zone that may be there or not would mix instants and wall times: write it without [ ]")
    return form


def has_zone(form: str) -> bool:
    """Whether a pattern reads a zone or an offset, so that what it reads are instants."""
    return any(run[0] in _ZONE_LETTERS for run in _runs(form))


def from_strptime(form: str) -> str:
    """The pattern of Spark for one of strptime."""
    pieces = re.findall(r"%-?(.)|([A-Za-z]+)|([^%A-Za-z]+)", form)
    return "".join(
        STRPTIME.get(letter, letter) if letter else f"'{word}'" if word else rest for letter, word, rest in pieces
    )


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _form(number: Decimal) -> str | None:
    return next(
        (form for form in (*UNITS, *(spark for spark, _ in _DIGITS.values())) if _plausible(number, form)), None
    )


def _plausible(number: Decimal, form: str) -> bool:
    if form not in UNITS and (number != number.to_integral_value() or len(str(int(number))) != len(form)):
        return False
    found = number_time(number, form)
    return found is not None and EARLIEST <= found < _tomorrow()


def _in_unit(number: Decimal, unit: str) -> datetime:
    seconds, zero = UNITS[unit]
    return EPOCH + timedelta(seconds=float((number - zero) * seconds))


def _tomorrow() -> datetime:
    """The end of tomorrow, UTC."""
    return datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)


def _reads(shape: str, texts: list[str]) -> bool:
    try:
        return all(1900 < datetime.strptime(text, shape).year < 2100 for text in texts)
    except ValueError:
        return False


def _loosened(shape: str, texts: list[str]) -> str:
    """Spark's pattern, with one letter for days, months and hours of one digit, which ``dd`` does not take."""
    pattern = from_strptime(shape)
    if "SSSSSS" in pattern:
        pattern = pattern.replace("SSSSSS", "S" * max(len(re.split("[.,]", text)[-1]) for text in texts))
    if any(re.search(r"(?<!\d)\d(?!\d)", text) for text in texts):
        pattern = re.sub(r"dd|MM(?!M)(?<!MMM)|HH|hh", lambda found: found[0][0], pattern)
    return pattern


def _unquoted(form: str) -> str:
    return re.sub(r"'[^']*'", lambda found: "'" * len(found[0]), form)


def _runs(form: str) -> list[str]:
    """Letters of one kind in a row, those in quotes left out."""
    return [found[0] for found in re.finditer(r"([A-Za-z])\1*", _unquoted(form))]


def _mended(form: str) -> str:
    """A pattern with the letters that were meant: years, months, days and minutes are often mistaken in their case."""
    runs = _runs(form)
    letters = [run[0] for run in runs]
    hours = next((i for i, letter in enumerate(letters) if letter in "hHkK"), len(letters))
    replaced = iter(_meant(i, run, letters, hours) for i, run in enumerate(runs))
    return re.sub(r"'[^']*'|([A-Za-z])\1*", lambda found: next(replaced) if found[1] else found[0], form)


def _meant(i: int, run: str, letters: list[str], hours: int) -> str:
    """The run that was meant by one at place ``i``, with the first hour at place ``hours``."""
    letter, date, rest = run[0], set(letters[:hours]), letters[hours:]
    if letter == "T" and 0 < i == hours - 1:
        return "'T'"
    mended = {
        "Y": "y",
        "D": "d" if len(run) < 3 and "d" not in letters else "D",
        "m": "M" if i < hours and not {"M", "L"} & date else "m",
        "M": "m" if i > hours and "m" not in rest else "M",
        "S": "s" if len(run) == 2 and "s" not in letters and letters[i - 1] in "mM" else "S",
        "h": "h" if "a" in letters else "H",
    }
    return mended.get(letter, letter) * len(run)
