"""Text of an amount to a number, by the marks that the column is written with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coles_ops.schema import DataError
from coles_ops.sources.options import CsvOptions

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import Column

_ROWS = 20_000  # of a column that are looked at
_SPACES = " \u00a0\u202f"  # plain, unbreakable and narrow
_DIGITS = re.compile(rf"[+-]?[0-9][0-9.,'’_{_SPACES}]*")
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # 1,234: is it one and a bit, or a thousand and more?


@dataclass(frozen=True)
class Marks:
    """``decimal`` stands before the fraction, ``thousands`` (several, or "") between groups of three digits.

    A decimal mark that no number told is "?", which stands in none.
    """

    decimal: str = "."
    thousands: str = ""

    @property
    def form(self) -> str:
        """A regular expression of a whole number so written."""
        group = "[" + re.escape(self.thousands) + "]" if self.thousands else ""
        whole = rf"\d{{1,3}}({group}\d{{3}})+|\d+" if group else r"\d+"
        return rf"^[+-]?({whole})?({re.escape(self.decimal)}\d*)?([eE][+-]?\d+)?$"

    @property
    def plain(self) -> bool:
        """As computers write numbers."""
        return self == Marks()


def marks(files: Sequence[Path], csv: CsvOptions, what: str, columns: Sequence[str]) -> dict[str, Marks]:
    """The marks that the amounts of each column are written with, the same in all files.

    Raises:
        DataError: commas may be either, or files differ; says what to write under ``dataset.csv``.
    """
    return dict.fromkeys(columns, Marks()) | marks_seen(files, csv, what, columns)


def marks_seen(files: Sequence[Path], csv: CsvOptions, what: str, columns: Sequence[str]) -> dict[str, Marks]:
    """The same, of columns of which the options tell them or in which there are any to be seen."""
    from coles_ops.sources.preview import texts

    if csv.decimal is not None and csv.thousands is not None:
        return dict.fromkeys(columns, Marks(csv.decimal, csv.thousands))
    said = {name: Marks(*csv.marks[name]) for name in columns if name in csv.marks}
    found: dict[str, dict[Marks, Path]] = {name: {} for name in columns if name not in said}
    for file, values in texts(files, csv, what, list(found), _ROWS) if found else ():
        for name, written in values.items():
            try:
                seen = seen_marks(written, csv)
            except ValueError as error:
                raise DataError(f"dataset.{what}: column {name!r} of {file}: {error}") from None
            if seen:
                found[name].setdefault(seen, file)
    return said | {name: _in_all_files(seen, f"dataset.{what}", name) for name, seen in found.items() if seen}


def _in_all_files(found: dict[Marks, Path], where: str, column: str) -> Marks:
    """The marks of a column, of those of its files; raises DataError where the files differ."""
    decimals = {seen.decimal: file for seen, file in found.items() if seen.decimal != "?"}
    if len(decimals) > 1:
        (one, first), (other, second) = list(decimals.items())[:2]
        raise DataError(
            f"{where}: the decimal mark of column {column!r} is {one!r} in {first} and {other!r} in {second}: "
            "write the files with one mark"
        )
    return Marks(next(iter(decimals), "."), "".join(sorted({m for seen in found for m in seen.thousands})))


def seen_marks(values: Iterable[str], csv: CsvOptions) -> Marks | None:
    """The marks of numbers written as text; None where they have none. Raises ValueError where it cannot be told."""
    numbers = {value.strip() for value in values}
    numbers = {value for value in numbers if _DIGITS.fullmatch(value)}
    decimal = _decimal(numbers, csv.thousands) if csv.decimal is None else csv.decimal
    found = {mark for value in numbers for mark in re.sub(r"[\d+-]", "", value)} - {decimal}
    thousands = "".join(sorted(found)) if csv.thousands is None else csv.thousands
    if decimal == "?":  # groups of whole numbers alone: the mark is another, if one of the two is between them
        decimal = "," if "." in thousands else "." if "," in thousands or csv.thousands is not None else "?"
        return Marks(decimal, thousands) if thousands else None
    return Marks(decimal, thousands)


def _decimal(numbers: set[str], thousands: str | None) -> str:
    """The decimal mark, ? where no number has one."""
    last = {value: max(value.rfind("."), value.rfind(",")) for value in numbers}
    sure = set()
    for value, place in last.items():
        if place < 0 or value[place] in (thousands or ""):
            continue
        mark = value[place]
        other = "," if mark == "." else "."
        if value.count(mark) > 1:
            continue  # groups
        if other in value or not _AMBIGUOUS.fullmatch(value.replace(".", ",")):
            sure.add(mark)
    if len(sure) > 1:
        pair = [next(v for v, place in last.items() if place >= 0 and v[place] == mark) for mark in ".,"]
        raise ValueError(f"{pair[0]!r} and {pair[1]!r} are written with two decimal marks: write dataset.csv.decimal")
    if sure:
        return sure.pop()
    doubtful = sorted(value for value in numbers if _AMBIGUOUS.fullmatch(value))
    groups = any(value.count(",") > 1 for value in numbers)
    if doubtful and not groups and thousands is None:
        raise ValueError(
            f"{doubtful[0]!r} may be a fraction or thousands: "
            "write dataset.csv.decimal: ',' or dataset.csv.thousands: ','"
        )
    if any(value.count(".") > 1 for value in numbers):
        return "?"
    return "." if any("." in value for value in numbers) else "?"


def number(column: Column, marks: Marks = Marks()) -> Column:
    """Double of an amount; null where it is null or no number: the latter is a fault of the row.

    ``column`` is text, or any type of number as Parquet has it.
    """
    from pyspark.sql import functions as F

    if marks.plain:
        suffixed = F.right(column.cast("string"), F.lit(1)).isin(*"dDfF")  # Java's 1.5f is no number of people
        return F.when(~suffixed, column.try_cast("double"))
    text = F.trim(column.cast("string"))
    bare = F.translate(text, marks.thousands, "") if marks.thousands else text
    return F.when(text.rlike(marks.form), F.translate(bare, marks.decimal, ".").try_cast("double"))


def as_numbers(text: pd.Series, marks: Marks = Marks()) -> pd.Series:
    """Numbers (R,) of texts, for a look at some rows without Spark; NaN for what is none."""
    import pandas as pd

    if not marks.plain:
        bare = text.str.strip()
        bare = bare.where(bare.str.match(marks.form, na=False))
        text = bare.str.translate(str.maketrans({marks.decimal: "."} | dict.fromkeys(marks.thousands, "")))
    found = pd.to_numeric(text, errors="coerce").astype(float)
    return found.where(found.abs() != float("inf"))
