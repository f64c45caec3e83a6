"""What one column of text holds, counted once: every guess is made from these figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from coles_ops.datasets.ids import NULL_WORDS
from coles_ops.sources import CsvOptions, Marks
from coles_ops.sources.numbers import as_numbers, seen_marks

_SHOWN = 3
_NUMERIC = 0.98  # least share of the values that are numbers, for a column of numbers


@dataclass(frozen=True)
class Facts:
    """Figures of a column (R,) of text, None where a value is missing."""

    name: str
    text: pd.Series

    @cached_property
    def tokens(self) -> set[str]:
        """Words of the name: ``CustomerID`` and ``customer_id`` are {customer, id}."""
        parts = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", self.name)
        return {word.lower() for word in re.split(r"[\W_]+", parts) if word}

    @cached_property
    def _coded(self) -> tuple[np.ndarray, pd.Index]:
        """(R,) place of each row's value among the distinct ones, -1 where it is missing or blank."""
        codes, raw = pd.factorize(self.text)
        stripped = pd.Series(raw, dtype=object).str.strip()
        places, values = pd.factorize(stripped.where(stripped != ""))
        return np.append(places, -1)[codes], pd.Index(values, dtype=object)

    @cached_property
    def present(self) -> pd.Series:
        """The values that are there, without the spaces around them; a blank one is missing."""
        codes, values = self._coded
        there = codes >= 0
        return pd.Series(values.take(codes[there]), self.text.index[there], dtype=object)

    @cached_property
    def counts(self) -> pd.Series:
        """Rows of each distinct value, by falling frequency."""
        codes, values = self._coded
        rows = np.bincount(codes[codes >= 0], minlength=len(values))
        return pd.Series(rows, values).sort_values(ascending=False, kind="stable")

    @property
    def missing(self) -> float:
        """Share of the rows without a value."""
        return 1 - len(self.present) / max(len(self.text), 1)

    @property
    def distinct(self) -> int:
        """Different values."""
        return len(self.counts)

    @property
    def unique(self) -> float:
        """Distinct values a row that has one: 1 where none comes twice."""
        return self.distinct / max(len(self.present), 1)

    @cached_property
    def marks(self) -> Marks:
        """The marks that numbers of this column would be written with; where it can't be told, as computers do."""
        try:
            return seen_marks(self.counts.index, CsvOptions()) or Marks()
        except ValueError:
            return Marks(thousands=",")  # 1,234 is more often a thousand than a bit more than one

    @cached_property
    def unsure(self) -> str | None:
        """Why the marks of its numbers can't be told; None where they can."""
        try:
            seen_marks(self.counts.index, CsvOptions())
        except ValueError as error:
            return str(error)
        return None

    @cached_property
    def numbers(self) -> pd.Series | None:
        """The values as numbers, by distinct value; null where a few are none, None where most are none."""
        found = as_numbers(pd.Series(self.counts.index, dtype=object), self.marks)
        rows = self.counts.to_numpy() * ~self._words
        return found if found.notna().any() and rows[found.notna()].sum() >= _NUMERIC * rows.sum() else None

    @cached_property
    def _words(self) -> np.ndarray:
        """Which of the distinct values are words for nothing."""
        return self.counts.index.str.lower().isin(NULL_WORDS)

    @property
    def unreadable(self) -> float:
        """Share of the rows of a column of numbers that hold something else, and no word for nothing."""
        if self.numbers is None:
            return 0.0
        other = self.numbers.isna().to_numpy() & ~self._words
        return float(self.counts.to_numpy()[other].sum() / max(len(self.text), 1))

    @property
    def nothing(self) -> float:
        """Share of the rows without a value, or with a word for nothing."""
        return self.missing + float(self.counts.to_numpy()[self._words].sum() / max(len(self.text), 1))

    @property
    def whole(self) -> bool:
        """Whether all are whole numbers, none of them a float as ``1.50`` that is written with decimals."""
        return self.numbers is not None and bool((self.numbers.dropna() % 1 == 0).all())

    @property
    def padded(self) -> bool:
        """Whether some number has zeros before it, as codes have and amounts have not."""
        return bool(self.counts.index.str.match(r"^0\d").any())

    @property
    def examples(self) -> list[str]:
        """The most frequent values."""
        return self.counts.index[:_SHOWN].tolist()


def facts_of(frame: pd.DataFrame) -> dict[str, Facts]:
    """Facts of every column, by name."""
    return {name: Facts(name, frame[name]) for name in frame.columns}
