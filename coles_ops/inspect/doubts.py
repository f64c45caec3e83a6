"""What is likely a mistake in the files, in sentences that say what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coles_ops.inspect.facts import Facts
from coles_ops.inspect.labels import Labels
from coles_ops.inspect.leaks import after_outcome, leaks
from coles_ops.inspect.moments import Moment
from coles_ops.inspect.pairing import Pairing
from coles_ops.inspect.roles import Guess, Role
from coles_ops.sources.dialect import VALUE
from coles_ops.sources.numbers import as_numbers

_AFTER = 0.001  # share of events later than the outcome, from where it is worth a word


def about_names(columns: dict[str, Facts]) -> list[str]:
    """Doubts about the header."""
    odd = [name for name in columns if VALUE.fullmatch(name)]
    if not odd:
        return []
    return [
        f"the columns are named {', '.join(map(repr, odd[:3]))}: the first row looks like data, and a file without a "
        "header needs the names of all columns under dataset.csv.columns"
    ]


def about_times(column: str, time: Moment) -> list[str]:
    """Doubts about the column of times."""
    doubts = []
    if time.unsure:
        doubts.append(f"{column!r} is read as {time.form}, and {time.unsure} fits as well: check time_format")
    if time.strange:
        doubts.append(f"{column!r} holds times outside of 1990 to tomorrow, for example {', '.join(time.strange)}")
    if time.unreadable:
        doubts.append(f"{time.unreadable:.2%} of the values of {column!r} are not {time.description}")
    if 0 < time.zoned < 1:
        doubts.append(
            f"{time.zoned:.1%} of the values of {column!r} carry a zone, the others none: write all in one way"
        )
    return doubts


def about_ids(pairing: Pairing | None, whole: bool) -> list[str]:
    """Doubts about the ids of the targets."""
    if pairing is None:
        return []
    lacking = pairing.ids - pairing.found
    if not lacking or not (whole or not pairing.found):
        return list(pairing.doubts)
    part = "the events" if whole else "the part of the events that was read"
    return [f"{lacking:,} of {pairing.ids:,} ids of the targets are not in {part}", *pairing.doubts]


def about_leaks(
    columns: dict[str, Facts], guesses: list[Guess], client: pd.Series, instants: pd.Series, labels: Labels
) -> tuple[dict[str, str], list[str]]:
    """Columns of the events that give the label away, with how; and doubts about when the label was known.

    Args:
        columns: of the events.
        guesses: their roles; categories and amounts are looked at.
        client: (R,) the client of each event.
        instants: (R,) its time.
        labels: of the targets.
    """
    texts = {g.column: columns[g.column].text for g in guesses if g.role is Role.CATEGORY}
    numbers = {
        g.column: as_numbers(columns[g.column].text, columns[g.column].marks) for g in guesses if g.role is Role.AMOUNT
    }
    seconds = pd.Series(np.where(instants.notna(), instants.astype("int64") / 1e9, np.nan), index=instants.index)
    found = leaks(client, texts, {**numbers, "": seconds}, labels.by_client)
    doubts = []
    if told := found.pop("", None):
        doubts.append(f"of the times, {told}: were events after the outcome left in, or clients chosen by time?")
    doubts += [
        f"{name!r} is left out: {told}; take it in only if it is known before the outcome"
        for name, told in found.items()
    ]
    for name, outcome in labels.times.items():
        late = after_outcome(client, instants, outcome)
        if late > _AFTER:
            doubts.append(
                f"{late:.1%} of the labelled clients' events are later than {name!r} of the targets: leave them out by "
                f"`label_time: {name}` under dataset"
            )
    return found, doubts
