"""Leaks: trivial features of the events that tell the label by themselves, since it, or its time, is written in them.

All labelled clients are looked at, those that are scored later among them: a leak would make every score worthless,
and what is found here can only stop a run, never choose between two. N clients, F features, K classes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.stats import rankdata

from coles_ops.aggregates.histories import Histories
from coles_ops.coding.coding import EventCoding
from coles_ops.datasets.names import shown_name
from coles_ops.schema import GAP, DataError
from coles_ops.store import EventStore

log = logging.getLogger("coles.preprocess")

STOPS, WARNS = 0.95, 0.85  # ROC-AUC
_CHANCE = 5  # standard errors that lie between one half and what stops, in the smallest class that is looked at
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
    """How well a feature tells a class from the rest."""

    model_config = ConfigDict(frozen=True)

    feature: str
    value: str | None = None  # of a category
    label: str
    roc_auc: float

    def __str__(self) -> str:
        which = self.feature if self.value is None else f"{self.feature} ({self.value!r})"
        return f"the {which} tells {self.label!r} from the rest with a ROC-AUC of {self.roc_auc:.3f}"


def find_tells(store: EventStore, coding: EventCoding) -> list[Tell]:
    """Of every trivial feature how well it tells the class that it tells best, by falling ROC-AUC.

    The features are the number of events, the times of the first and the last one, the time between them and from the
    last one to the cut, the cut; of each category the shares of its frequent values, and its last value; of amounts and
    the gap the mean. Classes of so few clients that chance could tell them are passed over.
    """
    rows = _sample(store.labels, store.lengths)
    label, classes = store.labels[rows], store.schema.classes
    looked_at = _enough(label, len(classes))
    if not len(looked_at):
        return []
    parts = [_describe(store, some) for some in np.array_split(rows, -(-len(rows) // _TOGETHER))]
    features, last = (np.concatenate(part) for part in zip(*parts, strict=True))  # (N, F), (N, categories)
    names: list[tuple[str, str | None]] = [(name, None) for name in _TIMES]
    for name, codes in store.schema.categories.items():
        names += [(f"share of {shown_name(name)}", _value(coding, name, c)) for c in range(1, min(codes, _VALUES + 1))]
    names += [(f"mean {'time between events' if a == GAP else shown_name(a)}", None) for a in store.schema.amounts]
    names += [(f"last {shown_name(name)}", None) for name in store.schema.categories]
    found: dict[str, Tell] = {}
    for code in looked_at:
        member = label == code
        rates = [_rates(column, member) for column in last.T]
        aucs = _roc_auc(np.column_stack([features, *rates]), member)
        for (feature, value), auc in zip(names, aucs.tolist(), strict=True):
            if feature not in found or auc > found[feature].roc_auc:
                found[feature] = Tell(feature=feature, value=value, label=classes[code], roc_auc=auc)
    return sorted(found.values(), key=lambda tell: -tell.roc_auc)


def check_tells(tells: Sequence[Tell], may_tell: Sequence[str]) -> None:
    """Warn of features above ``WARNS``, but for those that the user knows to tell the label.

    Raises:
        LeakError: one is above ``STOPS``.
    """
    told = [tell for tell in tells if tell.feature not in may_tell]
    for tell in told:
        if WARNS < tell.roc_auc <= STOPS:
            log.warning("%s by itself: was it known before the outcome?", tell)
    leaks = [tell for tell in told if tell.roc_auc > STOPS]
    if leaks:
        more = f", and {len(leaks) - _SHOWN} more features do" if len(leaks) > _SHOWN else ""
        raise LeakError(
            f"the label can be read off one feature: {'; '.join(map(str, leaks[:_SHOWN]))}{more}. It was likely "
            "recorded with the outcome or after it. Leave out what came then, under dataset by `label_time: COLUMN` or "
            "`cut: TIME`, or leave the column out; or, if all this is known when a prediction is made, write under "
            f"validation `may_tell: {[tell.feature for tell in leaks]}`"
        )


def _sample(labels: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(N,) labelled clients with events, ascending: all of a class, or as many, evenly spaced, as fit."""
    rows = np.flatnonzero((labels >= 0) & (lengths > 0))
    known = np.unique(labels[rows])
    most = _CLIENTS // max(len(known), 1)
    kept = [own[np.linspace(0, len(own) - 1, min(len(own), most)).astype(np.int64)] for own in
            (rows[labels[rows] == code] for code in known)]  # fmt: skip
    return np.sort(np.concatenate(kept)) if kept else rows


def _enough(label: np.ndarray, classes: int) -> np.ndarray:
    """Classes whose ROC-AUC is not above ``STOPS`` by chance; of two the second alone, which tells the first, too."""
    ones = np.bincount(label, minlength=classes)
    rest = len(label) - ones
    error = np.sqrt((len(label) + 1) / (12 * np.maximum(ones * rest, 1)))  # of a ROC-AUC that says nothing
    enough = np.flatnonzero(_CHANCE * error < STOPS - 0.5)
    return enough[-1:] if classes == 2 else enough


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


def _rates(codes: np.ndarray, member: np.ndarray) -> np.ndarray:
    """(N,) the share of members among the other half of the clients that has the same code (N,)."""
    half, width = np.zeros(len(codes), dtype=np.int64), int(codes.max()) + 1
    for own in (member, ~member):
        half[own] = np.arange(np.count_nonzero(own)) % 2
    cell = half * width + codes
    clients = np.bincount(cell, minlength=2 * width).reshape(2, width)
    members = np.bincount(cell, member, 2 * width).reshape(2, width)
    rates = (members + member.mean()) / (clients + 1)  # of a code that nobody has, that of all
    return rates[1 - half, codes]


def _roc_auc(features: np.ndarray, member: np.ndarray) -> np.ndarray:
    """(F,) of features (N, F) the ROC-AUC for members (N,), whichever way it points."""
    ranks, n = rankdata(features, axis=0), np.count_nonzero(member)
    auc = (ranks[member].sum(axis=0) - n * (n + 1) / 2) / (n * (len(member) - n))
    return np.maximum(auc, 1 - auc)
