"""The first events as a run will read them, and the labels by class: from a part of the files, without Spark."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coles_ops.datasets.table import Table
from coles_ops.inspect.facts import Facts
from coles_ops.inspect.parsing import instants
from coles_ops.schema import CLIENT, TIME, DataError
from coles_ops.sources import find, sample

_ROWS = 20_000


@dataclass(frozen=True)
class Preview:
    """What a look at the files of a table shows."""

    events: pd.DataFrame  # (3, canonical columns) the time on the clock of the dataset's zone
    labels: dict[str, int]  # rows of each value of the label, those of no class among them
    clients: int  # among the events that were read
    labelled: int  # of these
    rows: int  # events that were read


def preview(dataset: Table, rows: int = _ROWS) -> Preview:
    """Read at most ``rows`` rows of the events and of the targets.

    Raises:
        DataError: there is no such file, or it lacks a column.
    """
    key = dataset.target_client or dataset.client
    columns = (dataset.client, dataset.time, *dataset.categories, *dataset.amounts)
    events = _rows(dataset, dataset.events_path, "events", columns, rows)
    targets = _rows(dataset, dataset.targets_path, "targets", (key, dataset.label), rows)
    clients = pd.Index(Facts(dataset.client, events[dataset.client]).counts.index)
    label = Facts(dataset.label, targets[dataset.label])
    labelled = targets.loc[label.present.index, key].str.strip()
    counts = label.counts.to_dict()
    return Preview(
        _canonical(dataset, events.head(3)),
        {name: counts.pop(name, 0) for name in dataset.classes} | counts,
        len(clients),
        int(clients.isin(labelled).sum()),
        len(events),
    )


def _rows(dataset: Table, path: str, what: str, wanted: tuple[str, ...], rows: int) -> pd.DataFrame:
    files = find(path, what)
    frame = sample(files, dataset.csv, what, rows)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        lacks = ", ".join(map(repr, missing))
        raise DataError(f"dataset.{what}: {files[0]} has no column {lacks}; it has {', '.join(frame.columns)}")
    return frame


def _canonical(dataset: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """The canonical columns of some rows."""
    time = instants(rows[dataset.time], dataset.time_format, dataset.timezone)
    return pd.DataFrame(
        {
            CLIENT: rows[dataset.client],
            TIME: time.dt.tz_convert(dataset.timezone),
            **{name: rows[name] for name in dataset.categories},
            **{name: pd.to_numeric(rows[name], errors="coerce") for name in dataset.amounts},
        }
    )
