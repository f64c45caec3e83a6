"""Which aggregates are computed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from coles_ops.component import Section

Block = Literal["activity", "visits", "amounts", "quantiles", "categories", "amounts_by_category", "recent", "calendar"]


class Aggregation(Section):
    """Aggregates of a client's events; those times are counted back from are the client's cut, else the data's end."""

    blocks: tuple[Block, ...] = Field(
        ("activity", "amounts", "quantiles", "categories", "amounts_by_category", "recent", "calendar"),
        min_length=1,
        description="activity: events, active days, recency, tenure, regularity; visits, all "
        "events of one time: number, events and sums, days between; amounts: sum, mean, deviation, least "
        "and greatest; quantiles: of amounts and gaps; categories: distinct values, entropy, share of each frequent "
        "value; amounts_by_category: sum by frequent value; recent: the last days against before; calendar: shares of "
        "`preprocess.calendar` and their entropy.",
    )
    values: int = Field(200, ge=0, description="Most frequent values of a category that get columns of their own.")
    days: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (30, 90), description="Lengths of the windows of `recent`, days."
    )
