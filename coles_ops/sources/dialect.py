"""How a CSV is written: separator, quotes and names, seen from its head."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from coles_ops.sources.options import CsvOptions

HEAD = 1 << 18  # bytes looked at

_SEPARATORS = (",", ";", "\t", "|", "\x01")
_ROWS = 200  # looked at
_SHOWN = 80  # characters of a row in a message
VALUE = re.compile(r"\s*[+-]?\d[\d.,:/ T+-]*\s*")  # a number or a time: no name of a column
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Dialect:
    """What one file is written like.

    ``begin`` is where the rows begin, in bytes of the text as UTF-8 without a mark; ``names`` those of all columns.
    """

    separator: str
    quote: str
    escape: str
    names: tuple[str, ...]
    begin: int = 0

    def records(self, text: str, rows: int = _ROWS, strict: bool = False) -> list[list[str]]:
        """Rows of a text, as Python's reader takes them apart; raises csv.Error where ``strict`` and not regular."""
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.separator,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
            strict=strict,
        )
        found = (row for row in reader if row)
        return [row for row, _ in zip(found, range(rows), strict=False)]

    def __str__(self) -> str:
        """For people."""
        said = {"\t": "tab", "\x01": "\\x01"}
        parts = [f"separator {said.get(self.separator, self.separator)!r}"]
        parts += [f"quote {self.quote!r}" if self.quote else "no quotes"]
        return ", ".join([*parts, *([f"escape {self.escape!r}"] if self.escape else [])])


def sniff(text: str, wanted: Sequence[str], options: CsvOptions) -> Dialect:
    """The dialect of a head of whole lines; raises ValueError where its rows are not as the header says.

    What tells is first whether the header then holds the wanted names, then whether the rows have as many fields.
    """
    said = re.match(r"sep=(.)\r?\n", text)  # as Excel begins
    skipped = said[0] if said else ""
    body = text[len(skipped) :]
    separators = (options.separator,) if options.separator else (said[1],) if said else _SEPARATORS
    found = max((_tried(body, separator, options) for separator in separators), key=lambda d: _fitness(d, body, wanted))
    if options.columns:
        names = options.columns
        header = found.records(body, 1) == [list(names)]
    else:
        names, header = found.names, True
    begin = len(skipped.encode()) + (_length(found, body) if header else 0)
    rows = found.records(body)[1 if header else 0 :]
    names = _as_many(names, rows)
    return Dialect(found.separator, found.quote, found.escape, names, begin)


def _tried(text: str, separator: str, options: CsvOptions) -> Dialect:
    """The likeliest quotes and escape with a separator; names are the first row."""
    quotes = ('"', "'") if options.quote is None else (options.quote,)
    dialects = [Dialect(separator, quote, "", ()) for quote in quotes]
    found = dialects[0]
    if len(dialects) > 1 and _all_quoted(found.records(text), "'"):
        found = dialects[1]
    escapes = (options.escape,) if options.escape is not None else ("", "\\") if "\\" in text else ("",)
    both = [Dialect(separator, found.quote, escape, ()) for escape in escapes]
    found = max(both, key=lambda dialect: _regular(dialect, text))
    return Dialect(separator, found.quote, found.escape, tuple(_first(found, text)))


def _all_quoted(rows: list[list[str]], quote: str) -> bool:
    """Whether some column stands in these quotes in every row below the header."""
    columns = zip(*(row for row in rows[1:] if len(row) == len(rows[0])), strict=True)
    return any(
        all(len(v) > 1 and v[0] == v[-1] == quote for v in filter(None, column)) and any(column) for column in columns
    )


def _regular(dialect: Dialect, text: str) -> tuple[int, bool]:
    """Rows with as many fields as the header, and whether nothing stands between quote and separator."""
    rows = dialect.records(text)
    try:
        strict = dialect.records(text, strict=True) == rows
    except csv.Error:
        strict = False
    return sum(len(row) == len(rows[0]) for row in rows), strict


def _fitness(dialect: Dialect, text: str, wanted: Sequence[str]) -> tuple[int, bool, float, int]:
    rows, names = dialect.records(text), {name.strip() for name in dialect.names}
    alike = sum(len(row) == len(dialect.names) for row in rows) / max(1, len(rows))
    return len(names & set(wanted)), len(dialect.names) > 1, round(alike, 1), len(dialect.names)


def _first(dialect: Dialect, text: str) -> list[str]:
    return (dialect.records(text, 1) or [[]])[0]


def _length(dialect: Dialect, text: str) -> int:
    """Bytes of the header and the empty lines before it."""
    lines = io.StringIO(text, newline="").readlines()
    for n in range(1, len(lines) + 1):
        head = "".join(lines[:n])
        if head.strip("\r\n") and not _open(dialect, head):
            return len(head.encode())
    return len(text.encode())


def _open(dialect: Dialect, head: str) -> bool:
    """Whether a quote is open at the end, so that the row goes on in the next line."""
    if not dialect.quote:
        return False
    rows = dialect.records(head + "\n\x00")
    return len(rows) == 1 and "\x00" in rows[0][-1]


def _as_many(names: tuple[str, ...], rows: list[list[str]]) -> tuple[str, ...]:
    """The names, with empty ones where every row ends in separators; raises ValueError where most rows are longer."""
    wrong = [row for row in rows if len(row) != len(names)]
    if 2 * len(wrong) <= len(rows) or not rows:
        return names
    longest = max(map(len, rows))
    if all(len(row) == longest and not any(row[len(names) :]) for row in rows) and longest > len(names):
        return (*names, *[""] * (longest - len(names)))
    hint = "; decimal commas must stand in quotes where the comma separates" if len(wrong[0]) > len(names) else ""
    raise ValueError(
        f"the first row names {len(names)} columns, and {len(wrong)} of the first {len(rows)} rows have other "
        f"counts of fields, as {shown(wrong[0])} with {len(wrong[0])}{hint}"
    )


def place_of(name: str, names: Sequence[str]) -> int | None:
    """Position of a column; None where there is none. Raises ValueError where the name stands twice.

    Spaces around the names of a header do not count, unless two columns differ by them alone.
    """
    exact = [i for i, found in enumerate(names) if found == name]
    places = exact or [i for i, found in enumerate(names) if found.strip() == name.strip()]
    if len(places) > 1:
        raise ValueError(f"it has {len(places)} columns named {name!r}: rename one")
    return places[0] if places else None


def lacking(missing: Sequence[str], names: Sequence[str], rows: bool = True) -> str:
    """A message for columns that are not there, and what may be meant."""
    close = [guess for name in missing for guess in _close(name, names)]
    meant = f" (did you mean {', '.join(map(repr, close))}?)" if close else ""
    text = f"has no column {', '.join(map(repr, missing))}{meant}; it has {', '.join(map(_named, names))}"
    if rows and len(missing) > 1 and any(VALUE.fullmatch(name) for name in names):
        text += (
            ". The first row looks like data: a file without a header needs the names of all columns under "
            "dataset.csv.columns, and if other parts have a header this one needs it too"
        )
    return text


def _close(name: str, names: Sequence[str]) -> list[str]:
    folded = {found.strip().lower(): found for found in names}
    return [folded[found] for found in difflib.get_close_matches(name.strip().lower(), folded, 1, 0.6)]


def _named(name: str) -> str:
    return name if name == name.strip() and name else repr(name)


def shown(row: Sequence[str]) -> str:
    """A row in a message."""
    text = repr(list(row))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
