"""Ids of clients: text exactly as it stands, unless the user says otherwise; and what is told of near misses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from coles_ops.schema import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

log = logging.getLogger("coles.data")

Rule = Literal["trim", "lower", "no_decimals", "no_leading_zeros"]
NULL_WORDS = ("nan", "null", "none", "na", "n/a", "nat", "<na>", "\\n")
_PATTERNS: dict[Rule, tuple[str, str]] = {  # regex and kept group
    "no_decimals": (r"^(-?\d+)\.0+$", "1"),
    "no_leading_zeros": (r"^0+(.)", "1"),
}
_DIFFER = {
    "trim": "spaces around them", "lower": "upper and lower case", "no_decimals": "a .0 at the end",
    "no_leading_zeros": "zeros in front",
}  # fmt: skip
_EXACT = 2**53  # whole numbers below are exact in a double
_SHOWN = 3


def id_text(frame: DataFrame, column: str, rules: Sequence[Rule], where: str) -> Column:
    """The ids of a column as text, by the rules the user named; null where there is none.

    Whole numbers that a file keeps as real ones, as pandas does beside missing values, are written as integers.

    Raises:
        DataError: a real number is not whole, or too large to be exact.
    """
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    kind, text = frame.schema[column].dataType, F.col(column)
    if isinstance(kind, T.DoubleType | T.FloatType) or (isinstance(kind, T.DecimalType) and kind.scale):
        real = F.col(column).cast("double")
        there = real.isNotNull() & ~F.isnan(real)
        odd = frame.where(there & ((real != F.floor(real)) | (F.abs(real) >= _EXACT))).select(column).first()
        if odd:
            raise DataError(f"{where} holds ids as real numbers, such as {odd[0]!r}: write them as text or integers")
        log.warning("%s holds ids as real numbers: all are whole, and are read as integers", where)
        text = F.when(there, F.col(column).cast("decimal(38,0)"))
    text = text.cast("string")
    if "trim" in rules:
        text = F.trim(text)
    if "lower" in rules:
        text = F.lower(text)
    for rule, (pattern, kept) in _PATTERNS.items():
        if rule in rules:
            text = F.regexp_replace(text, pattern, f"${kept}")
    return text


def missing_id(text: Column, words: Sequence[str]) -> Column:
    """The fault of an id that is a word for none; null where it is not."""
    from pyspark.sql import functions as F

    word = F.lower(F.trim(text)).isin([word.lower() for word in words])
    longest = max(map(len, words), default=0) + 2
    fault = F.concat(F.lit("client_id is a word for none: "), F.trim(text))
    return F.when((F.length(text) <= longest) & word, fault)


def near_misses(events: pa.Array, targets: pa.Array) -> list[str]:
    """What the user should know of ids that are nearly the same, a sentence each.

    Args:
        events: ids of the clients with events, each once.
        targets: ids of the clients with labels, each once.
    """
    import pyarrow.compute as pc

    found = []
    for rule, key in _keys().items():
        keys = key(events)
        twins = len(events) - len(pc.unique(keys))
        if twins:
            counts = pc.value_counts(keys)
            often = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
            shown = events.filter(pc.is_in(keys, value_set=often.slice(0, 1))).to_pylist()
            found.append(
                f"{twins:,} clients of the events differ from another only by {_DIFFER[rule]}, such as "
                f"{' and '.join(map(repr, shown[:_SHOWN]))}: if they are the same, write `ids: [{rule}]` under dataset"
            )
    orphans = targets.filter(pc.invert(pc.is_in(targets, value_set=events)))
    rules, joined = joining_rules(events, orphans)
    if rules:
        found.append(
            f"{len(joined):,} of {len(orphans):,} labelled clients without events, such as {joined[0].as_py()!r}, have "
            f"events but for {' or '.join(_DIFFER[rule] for rule in rules)}: write "
            f"`ids: [{', '.join(rules)}]` under dataset"
        )
    return found


def joining_rules(events: pa.Array, orphans: pa.Array) -> tuple[list[Rule], pa.Array]:
    """The fewest rules by which most of the ids without events have some, and these ids."""
    import pyarrow.compute as pc

    every = list(_keys())
    tried = [[rule] for rule in every] + [every]
    joined = [orphans.filter(pc.is_in(alike(orphans, rules), value_set=alike(events, rules))) for rules in tried]
    rules, found = max(zip(tried, joined, strict=True), key=lambda pair: (len(pair[1]), -len(pair[0])))
    return (rules if len(found) else []), found


def alike(ids: pa.Array, rules: Sequence[Rule] | None = None) -> pa.Array:
    """Ids (N,) as the rules write them; by all rules where none are named."""
    keys = _keys()
    for rule in keys if rules is None else rules:
        ids = keys[rule](ids)
    return ids


def _keys() -> dict[Rule, Callable[[pa.Array], pa.Array]]:
    """Rule to what it makes of ids."""
    import pyarrow.compute as pc

    def replace(rule: Rule) -> Callable[[pa.Array], pa.Array]:
        pattern, kept = _PATTERNS[rule]
        return lambda ids: pc.replace_substring_regex(ids, pattern, rf"\{kept}")

    keys: dict[Rule, Callable[[pa.Array], pa.Array]] = {"trim": pc.utf8_trim_whitespace, "lower": pc.utf8_lower}
    return keys | {rule: replace(rule) for rule in _PATTERNS}
