"""Leaks: trivial features of the events that tell the label by themselves, since it, or its time, is written in them.

All labelled clients are looked at, those that are scored later among them: a leak would make every score worthless,
and what is found here can only stop a run, never choose between two. N clients, F features.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from coles_ops.aggregates.histories import Histories
from coles_ops.coding.coding import EventCoding
from coles_ops.datasets.names import shown_name
from coles_ops.schema import GAP, DataError
from coles_ops.store import EventStore

log = logging.getLogger("coles.preprocess")

STOPS, WARNS = 0.95, 0.85  # ROC-AUC, or Spearman's correlation without its sign
_CHANCE = 5  # standard errors that lie at least between what tells nothing and what stops
_CLIENTS = 4_000  # looked at, about
_TOGETHER = 1_000  # clients
_EVENTS = 1_000  # of a client, the last ones, for shares and means
_VALUES = 50  # of a category, the most frequent ones
_SHOWN = 3
_TIMES = (
    "number of events",
    "time of the first event",
    "time of the last event",
    "time from the first to the last event",
    "time from the last event to the cut",
    "time of the cut",
)


class LeakError(DataError):
    """A trivial feature tells the label: names it and says what to write."""


class Tell(BaseModel):
    """How well a feature tells a class from the rest, or a number."""

    model_config = ConfigDict(frozen=True)

    feature: str
    value: str | None = None  # of a category
    label: str | None  # the class
    measure: str  # what the score is
    score: float

    def __str__(self) -> str:
        which = self.feature if self.value is None else f"{self.feature} ({self.value!r})"
        what = "the label" if self.label is None else f"{self.label!r} from the rest"
        return f"the {which} tells {what} with a {self.measure} of {self.score:.3f}"


def find_tells(store: EventStore, coding: EventCoding) -> list[Tell]:
    """Of every trivial feature how well it tells the number, or the class that it tells best, by falling score.

    The features are the number of events, the times of the first and the last one, the time between them and from the
    last one to the cut, the cut; of each category the shares of its frequent values, and its last value; of amounts and
    the gap the mean. Labels of so few clients that chance could tell them are passed over.
    """
    target = store.schema.target
    rows = _sample(target.strata(store.labels), store.lengths)
    sides = [side for side in target.sides(store.labels[rows]) if side.chance + _CHANCE * side.error < STOPS]
    if not sides:
        return []
    parts = [_describe(store, some) for some in np.array_split(rows, -(-len(rows) // _TOGETHER))]
    features, last = (np.concatenate(part) for part in zip(*parts, strict=True))  # (N, F), (N, categories)
    names: list[tuple[str, str | None]] = [(name, None) for name in _TIMES]
    for name, codes in store.schema.categories.items():
        names += [(f"share of {shown_name(name)}", _value(coding, name, c)) for c in range(1, min(codes, _VALUES + 1))]
    names += [(f"mean {'time between events' if a == GAP else shown_name(a)}", None) for a in store.schema.amounts]
    names += [(f"last {shown_name(name)}", None) for name in store.schema.categories]
    found: dict[str, Tell] = {}
    for side in sides:
        rates = [_rates(column, side.values) for column in last.T]
        scores = side.score(np.column_stack([features, *rates]))
        for (feature, value), score in zip(names, scores.tolist(), strict=True):
            if feature not in found or score > found[feature].score:
                told = {"label": side.name, "measure": side.measure, "score": score}
                found[feature] = Tell(feature=feature, value=value, **told)
    return sorted(found.values(), key=lambda tell: -tell.score)


def check_tells(tells: Sequence[Tell], may_tell: Sequence[str]) -> None:
    """Warn of features above ``WARNS``, but for those that the user knows to tell the label.

    Raises:
        LeakError: one is above ``STOPS``.
    """
    told = [tell for tell in tells if tell.feature not in may_tell]
    for tell in told:
        if WARNS < tell.score <= STOPS:
            log.warning("%s by itself: was it known before the outcome?", tell)
    leaks = [tell for tell in told if tell.score > STOPS]
    if leaks:
        more = f", and {len(leaks) - _SHOWN} more features do" if len(leaks) > _SHOWN else ""
        raise LeakError(
            f"the label can be read off one feature: {'; '.join(map(str, leaks[:_SHOWN]))}{more}. It was likely "
            "recorded with the outcome or after it. Leave out what came then, under dataset by `label_time: COLUMN` or "
            "`cut: TIME`, or leave the column out; or, if all this is known when a prediction is made, write under "
            f"validation `may_tell: {[tell.feature for tell in leaks]}`"
        )


def _sample(strata: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(N,) labelled clients with events, ascending: all of a stratum, or as many, evenly spaced, as fit."""
    rows = np.flatnonzero((strata >= 0) & (lengths > 0))
    known = np.unique(strata[rows])
    most = _CLIENTS // max(len(known), 1)
    kept = [own[np.linspace(0, len(own) - 1, min(len(own), most)).astype(np.int64)] for own in
            (rows[strata[rows] == code] for code in known)]  # fmt: skip
    return np.sort(np.concatenate(kept)) if kept else rows


def _describe(store: EventStore, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features (C, F) but for last values, and the codes of these (C, categories), of some clients (C,)."""
    events = Histories.read(store, rows, _EVENTS)
    first, last, cut = store.time[store.offsets[rows]], store.time[store.offsets[rows + 1] - 1], store.cuts[rows]
    columns = [store.lengths[rows], first, last, last - first, cut - last, cut]
    columns += [events.sum_by_code(name, _VALUES) / events.length[:, None] for name in events.codes]
    columns += [events.sum(values) / events.length for values in events.amounts.values()]
    ends = [store.columns[name][store.offsets[rows + 1] - 1] for name in events.codes]
    return np.column_stack(columns), np.column_stack([*ends, np.zeros(len(rows))]).astype(np.int64)[:, :-1]


def _value(coding: EventCoding, name: str, code: int) -> str:
    """As the user knows it."""
    if name not in coding.vocabulary:
        return str(code - (name in ("hour", "weekday")))
    vocabulary = coding.vocabulary[name]
    return str(vocabulary[code - 1]) if code <= len(vocabulary) else "unknown"


def _rates(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(N,) the mean value (N,) of the other half of the clients that has the same code (N,)."""
    half, width = np.empty(len(codes), dtype=np.int64), int(codes.max()) + 1
    half[np.argsort(values, kind="stable")] = np.arange(len(codes)) % 2
    cell = half * width + codes
    clients = np.bincount(cell, minlength=2 * width).reshape(2, width)
    sums = np.bincount(cell, values, 2 * width).reshape(2, width)
    rates = (sums + values.mean()) / (clients + 1)  # of a code that nobody has, that of all
    return rates[1 - half, codes]
