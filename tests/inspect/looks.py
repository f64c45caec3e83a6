"""Frames as the profile reads them."""

from pathlib import Path

import pandas as pd
from tables import purchases

from coles_ops.inspect import Profile, Sample, profile


def sample(frame: pd.DataFrame, name: str = "table.csv", rows: int | None = None) -> Sample:
    """The frame as text, as if it were the head of a file of so many rows."""
    text = frame.astype(object).where(frame.notna(), None).map(lambda value: value if value is None else str(value))
    return Sample(f"/data/{name}", (Path(name),), text, rows or len(frame), rows is None)


def look(events: pd.DataFrame, people: pd.DataFrame | None = None, label: str | None = None) -> Profile:
    """The profile of both tables."""
    tables = [events] if people is None else [events, people]
    return profile([sample(table) for table in tables], label)


def world(**columns: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The purchases, with columns added."""
    events, people = purchases()
    return events.assign(**columns), people
