"""The label among the columns of the targets: its classes, or numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coles_ops.datasets.targets import in_order, match_labels
from coles_ops.inspect import words
from coles_ops.inspect.facts import Facts
from coles_ops.inspect.moments import Moment, find_time
from coles_ops.inspect.pairing import ONE_ROW
from coles_ops.inspect.parsing import parse
from coles_ops.inspect.roles import Guess, Role
from coles_ops.schema import DataError
from coles_ops.targets import Number

_CLASSES = 20  # more distinct numbers are a quantity, not classes
_MOST = 100  # values that are told apart by what is meant
_RARE = 5  # clients of a class, of which each part of the split needs one


@dataclass(frozen=True)
class Labels:
    """The label column and what it holds."""

    column: str
    classes: dict[str, int]  # clients of each, in the order of their codes; none of a number
    by_client: pd.Series  # class, as it is written, or number by client id; labelled clients only
    unlabelled: int  # rows of the targets without a label
    group: str | None
    times: dict[str, pd.Series]  # columns of times, by client id
    guesses: tuple[Guess, ...]  # of all columns of the targets
    warnings: tuple[str, ...]


def find_label(targets: dict[str, Facts], client: str, named: str | None) -> Labels:
    """The label: the one named, else the likeliest by its name, else the last one of few values, else of numbers.

    Raises:
        DataError: no column can be a label.
    """
    columns = {name: facts for name, facts in targets.items() if name != client}
    _, moments = find_time(columns)
    column = named or _likeliest({n: f for n, f in columns.items() if n not in moments or f.distinct == 2})
    if column is None:
        raise DataError(
            f"no column of the targets looks like a label, one of 2 to {_CLASSES} values or a number; they have "
            f"{', '.join(targets)}: name it by --label"
        )
    facts = columns[column]
    label = _numbers(facts) if _is_number(facts) else _as_written(facts)
    pairs = pd.DataFrame({"client": targets[client].text, "label": label}).dropna()
    by_client = pairs.drop_duplicates().set_index("client")["label"]
    classes = {} if _is_number(facts) else _ordered(by_client.value_counts())
    group = next(
        (n for n, f in columns.items() if f.tokens & words.GROUPS and n != column and 0.1 < f.unique < 1), None
    )
    times = {
        name: pd.Series(parse(columns[name].text, moment.form).to_numpy(), index=targets[client].text)
        for name, moment in moments.items()
        if name != column and targets[client].unique > ONE_ROW
    }
    warnings = _doubts(column, not named and len(columns) > 1, facts, classes, by_client)
    held = spread(by_client) if _is_number(facts) else _counted(classes)
    guesses = tuple(_guess(facts, client, column, group, moments, held) for facts in targets.values())
    return Labels(
        column, classes, by_client[~by_client.index.duplicated()], len(facts.text) - len(label.dropna()), group,
        {name: series[~series.index.duplicated()] for name, series in times.items()}, guesses, warnings,
    )  # fmt: skip


def _likeliest(columns: dict[str, Facts]) -> str | None:
    few = {name: facts for name, facts in columns.items() if 2 <= facts.distinct <= _CLASSES and facts.unique < 1}
    likely = few or {name: facts for name, facts in columns.items() if _is_number(facts) and not facts.padded}
    place = {name: i for i, name in enumerate(likely)}

    def fit(name: str) -> tuple[int, bool, int]:
        return len(likely[name].tokens & words.LABELS), likely[name].distinct == 2, place[name]

    return max(likely, key=fit, default=None)


def _is_number(facts: Facts) -> bool:
    return facts.distinct > _CLASSES and facts.numbers is not None


def _numbers(facts: Facts) -> pd.Series:
    """(R,) of rows that have one."""
    assert facts.numbers is not None, "a column of something else"
    return facts.present.map(dict(zip(facts.counts.index, facts.numbers, strict=True))).astype(float)


def _as_written(facts: Facts) -> pd.Series:
    """(R,) class of rows that have one."""
    written = match_labels(facts.counts.to_dict(), (), "") if facts.distinct <= _MOST else {}
    return facts.present.map(written) if written else facts.present


def _ordered(counts: pd.Series) -> dict[str, int]:
    """Classes in the order of their codes: numbers by value, no before yes, else the rarer one of two is positive."""
    order = list(in_order(str(value) for value in counts.index))
    if len(order) == 2 and not all(value.strip("+-").isdecimal() for value in order):
        negative = [value for value in order if value.lower() in words.NEGATIVE] or [counts.index[0]]
        order = sorted(order, key=lambda value: value != negative[0])
    return {value: int(counts[value]) for value in order}


def _doubts(column: str, choice: bool, facts: Facts, classes: dict[str, int], by_client: pd.Series) -> tuple[str, ...]:
    doubts = []
    if choice and not facts.tokens & words.LABELS:
        doubts.append(f"that {column!r} is the label is a guess from its {facts.distinct} values: name it by --label")
    if len(classes) > _CLASSES:
        doubts.append(f"the label {column!r} has {len(classes)} values, each of which is a class: join rare ones")
    if facts.unreadable and not classes:
        doubts.append(f"{facts.unreadable:.1%} of the values of the label {column!r} are no numbers: mend them")
    if len(classes) < 2 and not _is_number(facts):
        doubts.append(f"the label {column!r} has {len(classes)} class: at least 2 are needed")
    rare = [f"{value!r} has {count}" for value, count in classes.items() if count < _RARE]
    if rare and len(classes) <= _CLASSES:
        doubts.append(f"classes of few clients: {', '.join(rare)}; each part of the split needs one: join or drop them")
    twice = by_client.index[by_client.index.duplicated()].unique()
    if len(twice):
        doubts.append(f"{len(twice)} clients have two labels, for example {twice[0]!r}: keep one")
    return tuple(doubts)


def _guess(facts: Facts, client: str, column: str, group: str | None, moments: dict[str, Moment], held: str) -> Guess:
    if facts.name == client:
        role, reason = Role.CLIENT, f"{facts.distinct:,} ids"
    elif facts.name == column:
        role, reason = Role.LABEL, held
    elif facts.name == group:
        role, reason = Role.GROUP, f"{facts.distinct:,} groups, whose clients stay on one side of the split"
    elif facts.name in moments:
        role, reason = Role.OUT, f"a time ({moments[facts.name].description})"
    else:
        role, reason = Role.OUT, "targets give a label alone; what describes a client is not read"
    return Guess(facts.name, role, reason, tuple(facts.examples))


def spread(numbers: pd.Series) -> str:
    """How the numbers of clients are spread, in words."""
    found = Number().counts(numbers.to_numpy(float))
    figures = ", ".join(f"{name} {found[name]:,.4g}" for name in found if name != "clients")
    return f"numbers of {found['clients']:,} clients: {figures}"


def _counted(classes: dict[str, int]) -> str:
    return "clients by class: " + ", ".join(f"{value}: {count:,}" for value, count in list(classes.items())[:_CLASSES])
