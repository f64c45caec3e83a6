"""Times as foreign files write them: which form a column has, and what the values are in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pandas as pd

from coles_ops.inspect import words
from coles_ops.inspect.facts import Facts

_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)?)?\s*(Z|UTC|[+-]\d\d:?(?:\d\d)?)?"
_DATES = (
    "dd.MM.yyyy", "d.M.yyyy", "dd/MM/yyyy", "MM/dd/yyyy", "d/M/yyyy", "M/d/yyyy", "dd-MM-yyyy", "MM-dd-yyyy",
    "yyyy/MM/dd", "yyyy.MM.dd", "yyyyMMdd", "dd-MMM-yyyy", "dd MMM yyyy", "MMM d, yyyy", "dd.MM.yy", "dd/MM/yy",
    "MM/dd/yy",
)  # fmt: skip
_CLOCKS = ("", " HH:mm:ss", " HH:mm", " H:mm:ss", " H:mm", " hh:mm:ss a", " h:mm:ss a", " h:mm a", "HHmmss", " HHmmss")
_FIELDS = {
    "yyyy": (r"\d{4}", "%Y"), "yy": (r"\d\d", "%y"), "MMM": (r"[A-Za-z]{3}", "%b"), "MM": (r"\d\d", "%m"),
    "M": (r"\d\d?", "%m"), "dd": (r"\d\d", "%d"), "d": (r"\d\d?", "%d"), "HH": (r"\d\d", "%H"), "H": (r"\d\d?", "%H"),
    "hh": (r"\d\d", "%I"), "h": (r"\d\d?", "%I"), "mm": (r"\d\d", "%M"), "ss": (r"\d\d", "%S"),
    "a": (r"[AaPp][Mm]", "%p"),
}  # fmt: skip
_UNITS = {"seconds": "s", "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns", "days": "D"}
_FIRST = pd.Timestamp("1990-01-01", tz="UTC")
_ALL = 0.97  # least share of the values that must be of the form
_TRIED = 500  # values a form is first tried on


@dataclass(frozen=True)
class Moment:
    """The form of a column of times."""

    form: str | None  # what dataset.time_format is to be; None for ISO
    zoned: float  # share of the values that carry an offset or a zone
    first: pd.Timestamp
    last: pd.Timestamp
    unreadable: float  # share of the present values that are of another form
    strange: tuple[str, ...]  # values outside of 1990 to tomorrow
    unsure: str | None = None  # another form that fits as well

    @property
    def told(self) -> str:
        """The form in words."""
        return f"{self.form}" if self.form else "ISO 8601"


def recognise(facts: Facts) -> Moment | None:
    """The form of a column's values, or None where they are no times."""
    values = pd.Series(facts.counts.index, dtype=object)
    tried = values.head(_TRIED)
    if not len(values):
        return None
    if tried.str.fullmatch(_ISO).mean() >= _ALL:
        return _moment(facts, None)
    fitting = [form for form in _forms() if tried.str.fullmatch(_regex(form)).mean() >= _ALL]
    fitting = [form for form in fitting if parse(tried, form).notna().mean() >= _ALL]
    if fitting:
        readable = {form: float(parse(values, form).notna().mean()) for form in fitting}
        best = max(fitting, key=lambda form: readable[form])  # the first of equal ones
        others = [form for form in fitting if form != best and readable[form] == readable[best]]
        differ = [form for form in others if not parse(values, form).equals(parse(values, best))]
        return _moment(facts, best, differ[0] if differ else None) if readable[best] >= _ALL else None
    if facts.numbers is None:
        return None
    last = _tomorrow()
    for form in _UNITS if facts.tokens & words.TIMES else list(_UNITS)[:4]:
        times = parse(tried, form)
        if times.between(_FIRST, last).mean() >= _ALL and (form != "days" or facts.whole):
            return _moment(facts, form)
    return None


def parse(text: pd.Series, form: str | None) -> pd.Series:
    """Instants (R,), wall times as if of UTC; NaT for what is of another form."""
    if form is None:
        return pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    if form in _UNITS:
        return pd.to_datetime(pd.to_numeric(text, errors="coerce"), unit=_UNITS[form], utc=True, errors="coerce")
    return pd.to_datetime(text, format=_strptime(form), utc=True, errors="coerce")


def find_time(columns: dict[str, Facts]) -> tuple[str | None, dict[str, Moment]]:
    """The column most likely to hold the time of the event, and all columns that hold times."""
    found = {name: moment for name, facts in columns.items() if (moment := recognise(facts))}
    if not found:
        return None, {}

    def score(name: str) -> tuple[int, int, int]:
        facts, moment = columns[name], found[name]
        named = bool(facts.tokens & words.TIMES)
        return named, moment.form not in _UNITS or named, min(facts.distinct, 1000)

    return max(found, key=score), found


def _moment(facts: Facts, form: str | None, unsure: str | None = None) -> Moment:
    values = pd.Series(facts.counts.index, dtype=object)
    times = parse(values, form)
    rows = facts.counts.to_numpy()
    odd = times.notna() & ~times.between(_FIRST, _tomorrow())
    usual = times[times.notna() & ~odd]
    usual = usual if len(usual) else times.dropna()
    offset = values.str.extract(f"^{_ISO}$", expand=False).notna() if form is None else pd.Series(False, values.index)
    zoned = float(rows[offset].sum() / rows.sum())
    return Moment(
        form, zoned, usual.min(), usual.max(), float(rows[times.isna()].sum() / rows.sum()),
        tuple(values[odd].head(3)), unsure,
    )  # fmt: skip


def _tomorrow() -> pd.Timestamp:
    return pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=1)


@cache
def _forms() -> tuple[str, ...]:
    return tuple(date + clock for date in _DATES for clock in _CLOCKS)


@cache
def _regex(form: str) -> str:
    return "".join(_FIELDS[run][0] if run in _FIELDS else re.escape(run) for run in _runs(form))


@cache
def _strptime(form: str) -> str:
    return "".join(_FIELDS[run][1] if run in _FIELDS else run for run in _runs(form))


def _runs(form: str) -> list[str]:
    """``dd.MM.yy`` as [dd, ., MM, ., yy]: letters of one kind together."""
    return [match[0] for match in re.finditer(r"([A-Za-z])\1*|[^A-Za-z]", form)]
