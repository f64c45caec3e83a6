"""Slices by time instead of by count."""

import torch

from coles_ops.config import Training
from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Slices, contiguous

_DAY = 86_400


@SAMPLERS.register("time_window")
def time_window(histories: Histories, spec: Training, draws: Draws) -> Slices:
    """``slices`` slices a client: the events of ``window_days`` from a random event on, at most slice_max."""
    client = torch.arange(len(histories.length)).repeat_interleave(spec.slices)  # (S,)
    total = histories.length[client]
    start = (draws.uniform(len(client)) * total).long()
    first = histories.start[client] + start
    deadline = histories.time[first] + int(spec.window_days * _DAY)
    low, high = first, torch.minimum(first + spec.slice_max, histories.start[client] + total)
    while bool((low < high).any()):  # bisection of all slices at once: the first event at or after the deadline
        middle = (low + high) // 2
        before = histories.time[middle.clamp(max=len(histories.time) - 1)] < deadline
        unsettled = low < high
        low = torch.where(unsettled & before, middle + 1, low)
        high = torch.where(unsettled & ~before, middle, high)
    return contiguous(histories, client, start, low - first, draws)
