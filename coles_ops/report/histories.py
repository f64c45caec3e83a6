"""Histories of clients as people read them: the last events, in the words and units of their source."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coles_ops.aggregates.histories import Histories
from coles_ops.artefacts.clientmap import ClientMap
from coles_ops.artefacts.events import Events
from coles_ops.coding import EventCoding
from coles_ops.datasets.names import shown_name

_LAST = 6  # events of each that are shown


@dataclass(frozen=True)
class History:
    """A client's."""

    client: str
    label: str  # empty where there is none
    events: int
    span: tuple[str, str]  # days of the first and the last of them
    columns: list[str]  # what is shown of an event beside its time
    rows: list[list[str]]  # time and columns, the last event first


@dataclass(frozen=True)
class Neighbours:
    """A client and who is nearest to it, by the distance."""

    asked: History
    nearest: list[tuple[float, History]]


def neighbours(events: Events, clients: ClientMap, columns: Collection[str]) -> list[Neighbours]:
    """Clients on the map with who is nearest to them, and what these did.

    Args:
        events: of all clients.
        clients: their places.
        columns: stored names of those to show.
    """
    found = []
    for row, near in clients.nearest.groupby("row", sort=False):
        others = zip(near["distance"], near["nearest"], strict=True)
        nearest = [(float(distance), _history(events, other, columns)) for distance, other in others]
        found.append(Neighbours(_history(events, int(str(row)), columns), nearest))
    return found


def _history(events: Events, row: int, columns: Collection[str]) -> History:
    store, coding = events.store, events.coding
    zone, stop = coding.features.timezone, int(store.offsets[row + 1])
    micros = store.time[store.offsets[row] : stop].astype("datetime64[us]")
    time = pd.DatetimeIndex(micros, tz="UTC").tz_convert(zone)
    last = Histories.read(store, np.array([row]), _LAST, columns)
    shown = _texts(coding, last, columns)
    moments = time[-_LAST:].strftime("%Y-%m-%d %H:%M")
    return History(
        client=str(store.ids[row]),
        label=store.schema.target.text(store.labels[row]),
        events=len(time),
        span=(f"{time[0]:%Y-%m-%d}", f"{time[-1]:%Y-%m-%d}"),
        columns=[shown_name(name) for name in shown],
        rows=[list(event) for event in zip(moments, *shown.values(), strict=True)][::-1],
    )


def _texts(coding: EventCoding, last: Histories, columns: Collection[str]) -> dict[str, list[str]]:
    """Column to the texts of events (E,); no parts of the calendar, which the time says."""
    names = [name for name in coding.features.categories if name in columns]
    return {
        **{name: coding.texts(name, last.codes[name]) for name in names},
        **{name: [f"{value:,.6g}" for value in values] for name, values in last.paid.items()},
    }
