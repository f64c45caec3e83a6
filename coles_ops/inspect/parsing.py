"""Texts as times, for a look at some rows without Spark, which reads those of a run."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from coles_ops.datasets.timeformats import STRPTIME, UNITS, WALL_UNITS, has_zone

_LETTERS = {spark: f"%{letter}" for letter, spark in STRPTIME.items() if spark.isalpha()}
_LETTERS |= {"d": "%d", "M": "%m", "H": "%H", "h": "%I", "m": "%M", "s": "%S", "y": "%Y"}  # of one digit or two
_UNITS = {"seconds": "s", "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns"}
_LATE, _EARLY = r"(?<!\d)(?:22[7-9]\d|2[3-9]\d\d|[3-9]\d{3})(?!\d)", r"(?<!\d)(?:0\d{3}|1[0-5]\d\d)(?!\d)"
OFFSET = r":\d\d(?:[.,]\d+)?\s*(?:Z|UTC|[+-]\d\d:?(?:\d\d)?)$"


def parse(text: pd.Series, form: str | None) -> pd.Series:
    """Instants (R,) of texts in a ``time_format``, None for ISO; wall times as if of UTC.

    NaT is what does not parse, and all of a pattern that only Spark knows. Years beyond what pandas can hold, which
    stand for none, become the outermost ones.
    """
    if form in UNITS:
        number = pd.to_numeric(text, errors="coerce") - UNITS[form][1]
        return pd.to_datetime(number, unit=_UNITS.get(form, "D"), utc=True, errors="coerce")
    pattern = "ISO8601" if form is None else to_strptime(form)
    if pattern is None:
        return pd.Series(pd.NaT, text.index, dtype="datetime64[ns, UTC]")
    times = pd.to_datetime(text, format=pattern, utc=True, errors="coerce")
    lost = text[times.isna() & text.notna()]
    if len(lost):
        held = lost.str.replace(_LATE, "2261", regex=True).str.replace(_EARLY, "1678", regex=True)
        times[lost.index] = pd.to_datetime(held, format=pattern, utc=True, errors="coerce")
    return times


def instants(text: pd.Series, form: str | None, zone: str) -> pd.Series:
    """Instants (R,) of texts: what carries a zone or counts from 1970 is one, the rest is on the clock of ``zone``.

    Of a time that this clock shows twice it is the first, and one that it leaves out is an hour later, as Spark has it.
    """
    times = parse(text, form)
    if form in UNITS:
        wall = pd.Series(form in WALL_UNITS, text.index)
    else:
        wall = ~text.str.contains(OFFSET, na=False) if form is None else pd.Series(not has_zone(form), text.index)
    local = times[wall].dt.tz_localize(None)
    times[wall] = local.dt.tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent=pd.Timedelta(hours=1))
    return times


def to_strptime(form: str) -> str | None:
    """The pattern of strptime for one of Spark; None where strptime has none that says the same."""
    pieces = re.findall(r"'([^']*)'|(([A-Za-z])\3*)|([^A-Za-z'])", form)
    if "[" in form or any(run.rstrip("S") and run not in _LETTERS for _, run, *_ in pieces):
        return None
    return "".join(quoted or sign or _LETTERS.get(run, "%f") for quoted, run, _, sign in pieces)
