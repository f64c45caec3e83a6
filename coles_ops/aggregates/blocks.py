"""Blocks of aggregates: each a function from histories to columns of floats, zeros for a client without events.

Counts and amounts are given as logarithms, since they span orders of magnitude and a linear probe reads them, too.
C clients, A amounts, K frequent codes of a category.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from coles_ops.aggregates.histories import Histories
from coles_ops.aggregates.options import Aggregation, Block
from coles_ops.coding.columns import signed_log

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_LEAST_DAYS = 1.0  # of a span that something is divided by

Columns = Iterator[np.ndarray]  # (C,) or (C, any) each


def activity(events: Histories, _options: Aggregation) -> Columns:
    """Events, active days, recency, tenure, events a day and an active day, share of days active, longest pause."""
    n = events.length
    new_day = np.diff(events.day, prepend=-1) != 0
    new_day[(np.cumsum(n) - n)[events.filled]] = True
    active = events.count(new_day)
    recency, tenure = events.reduce(np.minimum, events.age), events.reduce(np.maximum, events.age)
    days = np.maximum(tenure, _LEAST_DAYS)
    for many in (n, active, recency, tenure, tenure - recency, events.reduce(np.maximum, _waits(events))):
        yield np.log1p(np.maximum(many, 0))
    yield np.log1p(n / days)
    yield n / np.maximum(active, 1)
    yield active / np.maximum(days, active)


def visits(events: Histories, _options: Aggregation) -> Columns:
    """Visits, each of all events of one time: how many, their events and sums, days between, how overdue the next."""
    wait = _waits(events)
    waits = np.maximum(events.count(wait > 0), 1)
    n = events.count(wait > 0) + (events.length > 0)
    mean = events.sum(wait) / waits
    deviation = np.sqrt(np.maximum(events.sum(wait**2) / waits - mean**2, 0))
    for many in (n, events.length / np.maximum(n, 1), mean, deviation):
        yield np.log1p(many)
    yield np.log1p(np.maximum(events.reduce(np.minimum, events.age), 0)) - np.log1p(mean)
    for values in events.paid.values():
        yield signed_log(events.sum(values) / np.maximum(n, 1))


def amounts(events: Histories, _options: Aggregation) -> Columns:
    """Sum, mean, deviation, least and greatest of each amount, and of the gap between events."""
    n = np.maximum(events.length, 1)
    for values in events.amounts.values():
        total = events.sum(values)
        deviation = np.sqrt(np.maximum(events.sum(values**2) / n - (total / n) ** 2, 0))
        for found in (total, total / n, deviation):
            yield signed_log(found)
        yield signed_log(events.reduce(np.minimum, values))
        yield signed_log(events.reduce(np.maximum, values))


def quantiles(events: Histories, _options: Aggregation) -> Columns:
    """The values at 10, 25, 50, 75 and 90 % of a client's events, of each amount and of the gap."""
    for values in events.amounts.values():
        yield signed_log(events.quantiles(values, _QUANTILES))


def categories(events: Histories, options: Aggregation) -> Columns:
    """Distinct values of each category, their entropy in nats, and the square root of each frequent one's share."""
    for name in events.categories:
        yield from _shares(events, name, options.values)


def amounts_by_category(events: Histories, options: Aggregation) -> Columns:
    """The sum of each amount by frequent value of each category."""
    for name in events.categories:
        for values in events.paid.values():
            yield signed_log(events.sum_by_code(name, options.values, values))


def recent(events: Histories, options: Aggregation) -> Columns:
    """Of each window: its events and sums, and how its rates stand to those before it."""
    tenure = events.reduce(np.maximum, events.age)
    for days in options.days:
        last = events.age <= days
        spans = np.minimum(tenure, days), np.maximum(tenure - days, 0)
        within, before = events.count(last), events.count(~last)
        yield np.log1p(within)
        yield _rate(within, spans[0]) - _rate(before, spans[1])
        for values in events.paid.values():
            now, then = events.sum(values, last), events.sum(values, ~last)
            yield signed_log(now)
            yield signed_log(now / np.maximum(within, 1)) - signed_log(then / np.maximum(before, 1))


def calendar(events: Histories, options: Aggregation) -> Columns:
    """The same of hours, weekdays and other parts of the calendar."""
    for name in events.calendar:
        yield from _shares(events, name, options.values)


BLOCKS: dict[Block, Callable[[Histories, Aggregation], Columns]] = {
    "activity": activity,
    "visits": visits,
    "amounts": amounts,
    "quantiles": quantiles,
    "categories": categories,
    "amounts_by_category": amounts_by_category,
    "recent": recent,
    "calendar": calendar,
}


def describe_blocks(events: Histories, options: Aggregation) -> np.ndarray:
    """(C, F) float32 by the blocks of the options; zeros for a client without events."""
    blocks = (column for name in options.blocks for column in BLOCKS[name](events, options))
    features = np.concatenate([column.reshape(len(column), -1).astype(np.float32) for column in blocks], axis=1)
    features[events.length == 0] = 0
    return features


def _waits(events: Histories) -> np.ndarray:
    """(E,) days since the client's event before, 0 for its first."""
    wait = -np.diff(events.age, prepend=0)
    wait[(np.cumsum(events.length) - events.length)[events.filled]] = 0
    return wait


def _rate(count: np.ndarray, days: np.ndarray) -> np.ndarray:
    """(C,) logarithm of events a month; half an event is added, so that none is no infinity."""
    return np.log(30 * (count + 0.5) / np.maximum(days, _LEAST_DAYS))


def _shares(events: Histories, name: str, most: int) -> Columns:
    pairs, counts = np.unique(events.owner * events.n_codes[name] + events.codes[name], return_counts=True)
    whose, n = pairs // events.n_codes[name], np.maximum(events.length, 1)
    yield np.bincount(whose, minlength=len(n))
    share = counts / n[whose]
    yield np.bincount(whose, -share * np.log(share), len(n))
    yield np.sqrt(events.sum_by_code(name, most) / n[:, None])  # else rare values say nothing to a linear probe
