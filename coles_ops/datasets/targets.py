"""Labels of clients: written in one way, each client once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from coles_ops.datasets.ids import NULL_WORDS
from coles_ops.schema import CLIENT, CUT, GROUP, LABEL, DataError
from coles_ops.sources import Marks, number
from coles_ops.targets import Classes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Written = Sequence[str] | Mapping[str, Sequence[str]]  # classes as they are written, or each to its labels

log = logging.getLogger("coles.data")

_MOST_VALUES = 1_000  # of a label, as it is written
_MOST_CLASSES = 100  # that are not named by the user
_SHOWN = 5


def labelled(frame: DataFrame, classes: Written, where: str) -> DataFrame:
    """One row a labelled client, with the class for its label.

    Args:
        frame: client_id, label and group_id as text, cut where there are times; rows without a client or a label are
            left out.
        classes: in the order of their codes; empty where they are what the labels are.
        where: the files and the column as the user knows them, for messages.

    Raises:
        DataError: a class that no client has, too many labels, or clients with several.
    """
    from pyspark.sql import functions as F

    both = frame.groupBy(LABEL).agg(F.count("*"), F.count(CLIENT)).limit(_MOST_VALUES + 1).collect()
    if len(both) > _MOST_VALUES:
        hint = _hint(label for label, *_ in both if label is not None)
        raise DataError(
            f"{where} holds more than {_MOST_VALUES:,} different labels: is it the label's column? {hint}".rstrip()
        )
    found = {label: rows for label, rows, _ in both}
    nameless = sum(rows - named for label, rows, named in both if label is not None)
    unlabelled = found.pop(None, 0)
    written = match_labels(found, classes, where)
    unlabelled += sum(n for value, n in found.items() if written[value] is None)
    _tell(unlabelled, nameless, where)
    pairs = [F.lit(text) for value, label in written.items() if label is not None for text in (value, label)]
    label = F.create_map(*pairs)[F.col(LABEL)] if pairs else F.lit(None).cast("string")
    return _each_once(frame.withColumn(LABEL, label), where)


def numbered(frame: DataFrame, written: Marks, where: str) -> DataFrame:
    """One row a labelled client, with its number for its label: as text, which read again is the same double.

    Args:
        frame: as ``labelled`` takes it; words for nothing are no label.
        written: marks of the numbers.
        where: the files and the column as the user knows them, for messages.

    Raises:
        DataError: a label is no number, or not a finite one, or clients have several.
    """
    from pyspark.sql import functions as F

    text, value = F.trim(LABEL), number(F.col(LABEL), written)
    missing = text.isNull() | F.lower(text).isin("", *NULL_WORDS)
    wrong = ~missing & (value.isNull() | F.isnan(value) | (F.abs(value) == float("inf")))
    found = frame.agg(*(F.count_if(each) for each in (wrong, missing, ~missing & F.col(CLIENT).isNull()))).first()
    assert found is not None, "an aggregate has a row"
    if found[0]:
        shown = ", ".join(repr(row[0]) for row in frame.where(wrong).select(LABEL).distinct().limit(_SHOWN).collect())
        raise DataError(
            f"{where} holds what is no finite number in {found[0]:,} row(s), such as {shown}: mend them, or leave the "
            "label empty where there is none; if labels are classes, leave out dataset.label_kind"
        )
    _tell(found[1], found[2], where)
    return _each_once(frame.withColumn(LABEL, F.when(~missing, value.cast("string"))), where)


def _tell(unlabelled: int, nameless: int, where: str) -> None:
    if unlabelled:
        log.info("%s: %s clients have no label", where, f"{unlabelled:,}")
    if nameless:
        log.warning("%s: %s labels have no client and are left out", where, f"{nameless:,}")


def _each_once(frame: DataFrame, where: str) -> DataFrame:
    """The rows with a client and a label, each once; raises DataError where a client has two."""
    from pyspark.sql import functions as F

    rows = frame.where(f"{LABEL} IS NOT NULL AND {CLIENT} IS NOT NULL")
    rows = rows.select([name for name in (CLIENT, LABEL, GROUP, CUT) if name in frame.columns]).dropDuplicates()
    several = rows.groupBy(CLIENT).agg(
        F.count("*").alias("n"), F.collect_set(LABEL).alias("labels"), F.count_distinct(GROUP).alias("groups")
    )
    several = several.where("n > 1")
    clients = several.orderBy(CLIENT).limit(_SHOWN + 1).collect()
    if clients:
        shown = ", ".join(f"{row[0]!r} ({' and '.join(sorted(row[2]))})" for row in clients[:_SHOWN])
        what = "labels" if any(len(row[2]) > 1 for row in clients) else "groups"
        what = what if what == "labels" or any(row[3] > 1 for row in clients) else "times of their label"
        more = f" and others, {several.count():,} in all" if len(clients) > _SHOWN else ""
        raise DataError(f"{where}: clients have several {what}: {shown}{more}: keep one row a client")
    return rows


def match_labels(counts: Mapping[str, int], classes: Written, where: str) -> dict[str, str | None]:
    """Label as it is written to its class, or to None where it is missing.

    Spaces, whole numbers with a fraction of zero, case and booleans beside 0 and 1 make no difference, where only one
    class can be meant; a label that is none of the classes stays, for validation to name it.

    Args:
        counts: label to its rows.
        classes: empty where they follow from the labels.
        where: for messages.

    Raises:
        DataError: a class that no label is, or too many of them.
    """
    of = {label: name for name, labels in classes.items() for label in labels} if isinstance(classes, Mapping) else {}
    known = list(of or classes) or _spellings(counts)
    if len(known) > _MOST_CLASSES and not classes:
        raise DataError(
            f"{where} holds {len(known)} different labels, such as {', '.join(map(repr, known[:3]))}: is it the column "
            f"of the label? If so, write under dataset `classes: [...]` with all of them. {_hint(known)}".rstrip(". ")
        )
    written = {value: _class_of(value, known) for value in counts}
    totals = dict.fromkeys(known, 0)
    for value, label in written.items():
        if label is not None:
            totals[label] = totals.get(label, 0) + counts[value]
        if label not in (value, None):
            log.warning("%s: %s labels %r are taken as %r", where, f"{counts[value]:,}", value, label)
    empty = [label for label in known if not totals[label]]
    if empty:
        has = ", ".join(f"{label!r} ({n:,})" for label, n in totals.items() if n) or "none"
        raise DataError(
            f"{where}: no client has the label {', '.join(map(repr, empty))} of dataset.classes; labels there: {has}"
        )
    if not classes:
        log.info("%s: the classes are %s; of two, the second is the positive one", where, ", ".join(map(repr, known)))
    return {value: of.get(label, label) if label is not None else None for value, label in written.items()}


def _hint(labels: Iterable[str]) -> str:
    """What else to write, where all labels are numbers."""
    numbers = all(_number(label) is not None for label in labels if label.strip().lower() not in NULL_WORDS)
    return "If a number is to be predicted, write under dataset `label_kind: number`" if numbers else ""


def classes_of(labels: Iterable[str]) -> Classes:
    """The target whose classes are what these labels are, in the order that nobody has told."""
    return Classes(names=in_order(labels))


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Classes that nobody has put in order: numbers by value, else by text."""
    found = set(labels)
    numbers = {label: _number(label) for label in found}
    if None in numbers.values():
        return tuple(sorted(found))
    return tuple(sorted(found, key=lambda label: (numbers[label], label)))


def _class_of(value: str, classes: Sequence[str]) -> str | None:
    text = value.strip()
    if value in classes or text in classes:
        return value if value in classes else text
    if not text or text.lower() in NULL_WORDS:
        return None
    number = _number(text)
    for meant in (
        [label for label in classes if number is not None and _number(label) == number],
        [label for label in classes if label.strip().casefold() == text.casefold()],
        [label for label in classes if _truth(text) is not None and _truth(label) == _truth(text)],
    ):
        if len(meant) == 1:
            return meant[0]
    return text


def _spellings(counts: Mapping[str, int]) -> list[str]:
    """The classes that labels are: of those that differ by spaces, case or a fraction of zero, the most frequent."""
    best: dict[object, tuple[int, str]] = {}
    for value, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        text = value.strip()
        if text and text.lower() not in NULL_WORDS:
            number = _number(text)
            plain = f"{number:f}".rstrip("0").rstrip(".") if number is not None and "." in f"{number:f}" else text
            best.setdefault(text.casefold() if number is None else number, (n, plain))
    return list(in_order(label for _, label in best.values()))


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False, "1": True, "0": False}.get(text.lower())


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
