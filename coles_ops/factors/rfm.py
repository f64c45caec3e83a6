"""Recency, frequency and monetary value, the three by which mail-order houses rank their customers.

Fader, Hardie and Lee, "RFM and CLV: using iso-value curves for customer base analysis", 2005.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from coles_ops.aggregates.options import Aggregation
from coles_ops.factors.base import Describe, Factor
from coles_ops.listed.base import LISTED

if TYPE_CHECKING:
    from coles_ops.store import EventStore


@LISTED.register("rfm")
class Rfm(Factor):
    """What there is to say of a client without naming a code: a few dozen columns, and nothing to fit.

    Blocks of aggregates, without the shares and sums of single values: recency and regularity of events and of visits
    (events of one time are one visit), amounts and gaps with their quantiles, windows before the cut, and entropies.
    """

    name: Literal["rfm"] = Field("rfm", description="Recency, frequency, monetary value, gaps and entropies.")
    days: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (7, 14, 30, 60, 90), min_length=1, description="Lengths of the windows before the cut, days."
    )

    def fit(self, store: EventStore, most: int | None) -> Describe:
        """Nothing to learn."""
        from coles_ops.aggregates.blocks import describe_blocks
        from coles_ops.aggregates.histories import Histories

        blocks = ("activity", "visits", "amounts", "quantiles", "recent", "categories", "calendar")
        options = Aggregation(blocks=blocks, values=0, days=self.days)
        return lambda rows: describe_blocks(Histories.read(store, rows, most), options)
