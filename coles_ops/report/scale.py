"""A horizontal axis of boxes in percent of their width, which fit any page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """From the left end to the right one."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float], margin: float) -> Scale:
        """One that has room for all of these, and for this share of their range on either side."""
        found = list(values)
        low, high = min(found), max(found)
        return cls(low - margin * (high - low), high + margin * (high - low))

    def place(self, value: float) -> float:
        """Percent of the width."""
        return round(100 * (value - self.low) / ((self.high - self.low) or 1), 2)

    def span(self, begin: float, end: float) -> tuple[float, float]:
        """Place of the begin, and width."""
        left = self.place(begin)
        return left, round(self.place(end) - left, 2)

    def ticks(self) -> list[float]:
        """Some round values within."""
        from matplotlib.ticker import MaxNLocator

        found = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        return [float(tick) for tick in found if self.low < tick < self.high]
