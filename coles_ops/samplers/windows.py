"""Slices by time instead of by count."""

import numpy as np

from coles_ops.config import Training
from coles_ops.samplers.base import SAMPLERS, Histories, Slices, contiguous

_DAY = 86_400


@SAMPLERS.register("time_window")
def time_window(histories: Histories, spec: Training, rng: np.random.Generator) -> Slices:
    """``slices`` slices a client: the events of ``window_days`` from a random event on, at most slice_max."""
    client = np.repeat(np.arange(len(histories.length)), spec.slices)  # (S,)
    total = histories.length[client]
    start = (rng.random(len(client)) * total).astype(np.int64)
    first = histories.start[client] + start
    deadline = histories.time[first] + int(spec.window_days * _DAY)
    low, high = first, np.minimum(first + spec.slice_max, histories.start[client] + total)
    while np.any(low < high):  # bisection of all slices at once: the first event at or after the deadline
        middle = (low + high) // 2
        before = histories.time[np.minimum(middle, len(histories.time) - 1)] < deadline
        open_ = low < high
        low, high = np.where(open_ & before, middle + 1, low), np.where(open_ & ~before, middle, high)
    return contiguous(histories, client, start, low - first)
