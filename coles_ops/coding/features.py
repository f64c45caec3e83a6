"""Which numbers an event becomes: what is known of its coding before anything is fitted."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from coles_ops.schema import GAP, MICROS, ROW, SEQUENCE

CALENDAR_CODES = {"hour": 25, "weekday": 8, "day": 32, "month": 13}  # 0 is padding


class EventFeatures(BaseModel):
    """Columns of a coded event, in the order that encoders read them in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: tuple[str, ...]  # text columns, coded by a vocabulary
    amounts: tuple[str, ...]  # real columns: signed logarithm, standardised
    missing: dict[str, str] = {}  # amount that may be missing to the category that says whether it is, no or yes
    calendar: tuple[Literal["hour", "weekday", "day", "month"], ...] = ()  # of the clock on the wall
    gap: bool = False  # log1p of the seconds since the client's previous event, standardised
    timezone: str = "UTC"  # IANA zone of the clock on the wall
    sequence: bool = False  # whether raw events have a real column of this name, by which equal times are ordered

    @model_validator(mode="after")
    def _each_name_once(self) -> EventFeatures:
        names = [ROW, MICROS, SEQUENCE, *self.categories, *self.calendar, *self.reals]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} names two columns of an event: rename the one that is yours")
        return self

    @property
    def raw(self) -> tuple[str, ...]:
        """Every column of raw events beside client and time."""
        return (*self.categories, *self.amounts, *((SEQUENCE,) if self.sequence else ()))

    @property
    def reals(self) -> tuple[str, ...]:
        """Every standardised column: amounts, and the gap."""
        return (*self.amounts, *((GAP,) if self.gap else ()))
