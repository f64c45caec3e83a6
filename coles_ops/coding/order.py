"""Events in memory, sorted by client and time, with the columns that follow from the order. M events."""

import numpy as np
import pandas as pd
import torch

from coles_ops.coding.columns import MICROSECONDS, Columns
from coles_ops.coding.features import GAP, EventFeatures
from coles_ops.schema import ROW, SECONDS


def in_order(events: Columns, features: EventFeatures) -> Columns:
    """Sort whole clients' events and add calendar and gap; times come in microseconds and leave in seconds."""
    found = sort_events(events)
    exact = found[SECONDS]
    found[SECONDS] = exact // MICROSECONDS
    found |= calendar(found[SECONDS], features.calendar, features.timezone)
    return found | ({GAP: gaps(exact, found[ROW])} if features.gap else {})


def sort_events(events: Columns) -> Columns:
    """Sort by client row and time, equal times by all other columns, for the same bytes each time.

    Args:
        events: ``row`` and ``time`` (microseconds) among others, (M,) each.
    """
    row, time = events[ROW], events[SECONDS] // MICROSECONDS  # to the second, so that both fit into one integer
    if not len(row):
        return events
    first, start = int(row.min()), int(time.min())
    span = int(time.max()) - start + 1
    assert (int(row.max()) - first + 1) * span < 2**63
    # One integer sorts faster than two columns, and torch's radix sort 5 times faster than numpy's argsort.
    key, place = torch.sort(torch.from_numpy((row - first).astype(np.int64) * span + (time - start)))  # (M,), (M,)
    order, same = place.numpy(), (key[1:] == key[:-1]).numpy()
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    among = order[tied]
    by = [*(events[name][among] for name in sorted(events)), events[SECONDS][among], key.numpy()[tied]]
    order[tied] = among[np.lexsort(by)]
    return {name: np.take(column, order) for name, column in events.items()}


def calendar(time: np.ndarray, parts: tuple[str, ...], timezone: str) -> Columns:
    """Parts of the clock on the wall, as codes from 1, uint8; ``time`` is in seconds."""
    local = pd.DatetimeIndex(time.astype("datetime64[s]")).tz_localize("UTC").tz_convert(timezone)
    from_zero = ("hour", "weekday")
    return {part: (getattr(local, part).to_numpy() + (part in from_zero)).astype(np.uint8) for part in parts}


def gaps(time: np.ndarray, row: np.ndarray) -> np.ndarray:
    """log1p of the seconds since the client's previous event, 0 for its first; ``time`` is in microseconds."""
    seconds = np.diff(time, prepend=time[:1]) / MICROSECONDS
    seconds[np.flatnonzero(np.diff(row)) + 1] = 0
    return np.log1p(seconds, dtype=np.float32)
