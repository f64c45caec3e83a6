"""What each column of the events is for, guessed from names and values, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from coles_ops.inspect import words
from coles_ops.inspect.facts import Facts

_FEW = 100  # whole numbers of at most so many values are codes, unless the name says otherwise
_DIGITS = 5  # whole numbers that all have the same number of digits, and at least so many, are codes
_UNIQUE = 0.9  # distinct values a row, from where a column names rows
_NEARLY = 0.5  # and from where a category has too few rows a value to be learned
_ROWS = 100  # which fewer rows can't show
_WORDS, _LETTERS = 6, 60  # mean length of a value, from where it is free text


class Role(StrEnum):
    """What a column is to the job."""

    CLIENT = "client"
    TIME = "time"
    CATEGORY = "category"
    AMOUNT = "amount"
    LABEL = "label"
    GROUP = "group"
    OUT = "left out"


@dataclass(frozen=True)
class Guess:
    """A column's role and why."""

    column: str
    role: Role
    reason: str
    examples: tuple[str, ...] = ()


def guess_columns(columns: dict[str, Facts], client: pd.Series, times: dict[str, str]) -> list[Guess]:
    """Roles of the columns of the events that are neither client nor time nor label.

    Args:
        columns: of the events, those to guess.
        client: (R,) the client of each row.
        times: other columns that hold times, with the form of their values.
    """
    found: list[Guess] = []
    kept: list[Facts] = []
    for name, facts in columns.items():
        role, reason = _alone(facts, client, times.get(name))
        if role is Role.CATEGORY and (twin := _twin(facts, kept)):
            role, reason = Role.OUT, f"says the same as {twin}"
        if role is Role.CATEGORY:
            kept.append(facts)
        found.append(Guess(name, role, reason, tuple(facts.examples)))
    return found


def _alone(facts: Facts, client: pd.Series, time: str | None) -> tuple[Role, str]:
    """The role of a column by itself."""
    if facts.distinct == 0:
        return Role.OUT, "holds no value"
    if facts.distinct == 1 and not facts.missing:
        return Role.OUT, "one value in all rows"
    if time:
        return Role.OUT, f"another time ({time})"
    if facts.numbers is not None and not _is_code(facts):
        return _number(facts)
    return _code(facts, client)


def _is_code(facts: Facts) -> bool:
    """Whether a column of numbers names things; the last word of a name says most."""
    if not facts.whole or facts.padded:
        return facts.padded
    numbers = facts.numbers
    assert numbers is not None
    if (numbers.dropna() < 0).any() or facts.tokens & words.AMOUNTS:
        return False
    lengths = facts.counts.index.str.len()
    alike = facts.distinct > 1 and lengths.min() == lengths.max() >= _DIGITS
    return bool(facts.tokens & words.CODES) or facts.distinct <= _FEW or alike


def _number(facts: Facts) -> tuple[Role, str]:
    numbers = facts.numbers
    assert numbers is not None
    if facts.whole and facts.unique > _UNIQUE and (numbers.dropna() >= 0).all() and not facts.tokens & words.AMOUNTS:
        return Role.OUT, "another number in every row: it names rows"
    reason = f"numbers from {numbers.min():g} to {numbers.max():g}"
    if facts.nothing:
        reason += f", {facts.nothing:.1%} missing"
    if facts.unreadable:
        reason += f", {facts.unreadable:.2%} of the rows hold no number"
    return Role.AMOUNT, reason


def unsure_marks(amounts: list[Facts]) -> tuple[str, str, str] | None:
    """The option of ``dataset.csv`` that says how numbers are written, where they alone don't; its value and why."""
    unsure = [facts for facts in amounts if facts.unsure]
    if not unsure:
        return None
    reason = f"a guess: in {unsure[0].name}, {unsure[0].unsure}"
    if any(facts.marks.decimal == "," for facts in amounts):
        return "decimal", ",", reason
    return "thousands", ",", reason


def _code(facts: Facts, client: pd.Series) -> tuple[Role, str]:
    if facts.tokens & words.CALENDAR and facts.numbers is not None:
        return Role.OUT, "a part of the time, which preprocess.calendar adds"
    if facts.unique > _UNIQUE:
        return Role.OUT, "another value in nearly every row: it names rows"
    if _nested(facts, client):
        return Role.OUT, "each value belongs to one client: nothing to learn for others"
    lengths = facts.counts.index.str
    if lengths.count(r"\s+").to_numpy().mean() + 1 >= _WORDS or lengths.len().to_numpy().mean() >= _LETTERS:
        return Role.OUT, "free text"
    if facts.unique > _NEARLY and len(facts.present) >= _ROWS:
        return Role.OUT, f"{facts.distinct:,} values in {len(facts.present):,} rows: too many to learn"
    missing = f", {facts.missing:.1%} missing" if facts.missing else ""
    return Role.CATEGORY, f"{facts.distinct:,} value{'s' * (facts.distinct > 1)}{missing}"


def _nested(facts: Facts, client: pd.Series) -> bool:
    """Whether values come again with one client only, and clients have several of them: an order, a session."""
    pairs = pd.DataFrame({"value": facts.present, "client": client.reindex(facts.present.index)}).dropna()
    by_value = pairs.groupby("value")["client"].agg(["size", "nunique"])
    again = by_value[by_value["size"] > 1]
    if len(again) < 10 or facts.distinct < 1.5 * pairs["client"].nunique():
        return False
    return bool((again["nunique"] == 1).mean() > 0.98)


def _twin(facts: Facts, kept: list[Facts]) -> str | None:
    """The column kept already that this one repeats in other words."""
    for other in kept:
        low, high = sorted((facts.distinct, other.distinct))
        if low < 3 or high > 1.1 * low:
            continue
        both = pd.DataFrame({"one": facts.present, "other": other.present}).dropna().drop_duplicates()
        if len(both) <= 1.1 * low:
            return other.name
    return None
