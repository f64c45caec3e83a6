"""Slices by time instead of by count."""

from typing import Literal

import torch
from pydantic import Field

from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Limited, Slices, contiguous

_DAY = 86_400_000_000  # microseconds


@SAMPLERS.register("time_window")
class TimeWindow(Limited):
    """The events of ``days`` from a random event on, at most ``max``."""

    name: Literal["time_window"] = Field("time_window", description="Events of a stretch of time.")
    days: float = Field(30, gt=0, description="Length of a window, days.")

    def draw(self, histories: Histories, draws: Draws) -> Slices:
        """``slices`` of each client."""
        client = torch.arange(len(histories.length)).repeat_interleave(self.slices)  # (S,)
        total = histories.length[client]
        start = (draws.uniform(len(client)) * total).long()
        first = histories.start[client] + start
        deadline = histories.time[first] + int(self.days * _DAY)
        low, high = first, torch.minimum(first + self.max, histories.start[client] + total)
        while bool((low < high).any()):  # bisection of all slices at once: the first event at or after the deadline
            middle = (low + high) // 2
            before = histories.time[middle.clamp(max=len(histories.time) - 1)] < deadline
            unsettled = low < high
            low = torch.where(unsettled & before, middle + 1, low)
            high = torch.where(unsettled & ~before, middle, high)
        return contiguous(histories, client, start, low - first, draws)
