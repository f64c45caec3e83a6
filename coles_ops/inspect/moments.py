"""Columns of times in foreign files: which form they have, and what the values are in it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coles_ops.datasets.timeformats import EARLIEST, UNITS, number_form, text_forms
from coles_ops.inspect import words
from coles_ops.inspect.facts import Facts
from coles_ops.inspect.parsing import OFFSET, parse

_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)?)?\s*(?:Z|UTC|[+-]\d\d:?(?:\d\d)?)?"
_BY_NAME = ("days", "excel_days", "yyyy", "yyyyMM")  # numbers that are too common to be times by their range alone
_ALL = 0.97  # least share of the values that must be of the form
_DIGITS = 3  # least digits of a date in text, as in 1 Mar 24
_TRIED = 200  # values a form is first tried on


@dataclass(frozen=True)
class Moment:
    """The form of a column of times."""

    form: str | None  # what dataset.time_format is to be; None for ISO
    zoned: float  # share of the values that carry an offset or a zone
    first: pd.Timestamp
    last: pd.Timestamp
    unreadable: float  # share of the present values that are of another form
    odd: float  # share of the values outside of 1990 to tomorrow
    strange: tuple[str, ...]  # some of them
    unsure: str | None = None  # another form that fits as well

    @property
    def description(self) -> str:
        """The form in words."""
        return self.form or "ISO 8601"


def recognise(facts: Facts) -> Moment | None:
    """The form of a column's values, or None where they are no times."""
    values = pd.Series(facts.counts.index, dtype=object)
    tried = values.head(_TRIED)
    if not len(values):
        return None
    if tried.str.fullmatch(_ISO).mean() >= _ALL:
        return _moment(facts, values, None)
    if facts.numbers is None:
        if tried.str.count(r"\d").median() < _DIGITS:
            return None
        return _by_pattern(facts, values, text_forms(_usual(tried)))
    form = number_form(tried)
    if form is None or (form in _BY_NAME and not facts.tokens & words.TIMES):
        return None
    return _moment(facts, values, form)


def find_time(columns: dict[str, Facts]) -> tuple[str | None, dict[str, Moment]]:
    """The column most likely to hold the time of the event, and all columns that hold times."""
    found = {name: moment for name, facts in columns.items() if (moment := recognise(facts))}

    def score(name: str) -> tuple[int, int, int]:
        named = bool(columns[name].tokens & words.TIMES)
        return named, found[name].form not in UNITS, min(columns[name].distinct, 1000)

    return max(found, key=score, default=None), found


def _by_pattern(facts: Facts, values: pd.Series, forms: list[str]) -> Moment | None:
    """Of the patterns that read the first values, the one that reads most of all values."""
    readable = {form: parse(values, form).notna().mean() for form in forms}
    best = max(readable, key=lambda form: readable[form], default=None)
    if best is None or readable[best] < _ALL:
        return None
    equal = [form for form in forms if form != best and readable[form] == readable[best]]
    return _moment(facts, values, best, equal[0] if equal else None)


def _usual(values: pd.Series) -> list[str]:
    """Without the values that look like no other, as ``unknown`` among dates: a form must read all of the rest."""
    shape = values.str.replace(r"\d+", "0", regex=True).str.replace(r"[^\W\d]+", "a", regex=True)
    return values[shape.map(shape.value_counts(normalize=True)) > 1 - _ALL].tolist()


def _moment(facts: Facts, values: pd.Series, form: str | None, unsure: str | None = None) -> Moment | None:
    times, rows = parse(values, form), facts.counts.to_numpy()
    odd = times.notna() & ~times.between(
        pd.Timestamp(EARLIEST, tz="UTC"), pd.Timestamp.now("UTC") + pd.Timedelta(days=1)
    )
    usual = times[times.notna() & ~odd]
    if not len(usual):
        return None
    zoned = values.str.contains(OFFSET).to_numpy() & (form is None)
    lost, total = times.isna().to_numpy(), rows.sum()
    return Moment(
        form, rows[zoned].sum() / total, usual.min(), usual.max(), rows[lost].sum() / total, rows[odd].sum() / total,
        tuple(values[odd].head(3)),
        unsure,
    )  # fmt: skip
