"""The first events as a run will read them, and the labels by class: from a part of the files, without Spark."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from coles_ops.datasets.table import Table
from coles_ops.inspect.facts import Facts
from coles_ops.inspect.parsing import instants
from coles_ops.schema import CLIENT, TIME, DataError
from coles_ops.sources import find, form_of, marks, part
from coles_ops.sources.dialect import lacking
from coles_ops.sources.numbers import as_numbers

_ROWS, _REACH = 20_000, 1 << 18  # of the events, and bytes of a file of them
_TARGETS = 1_000_000


@dataclass(frozen=True)
class Preview:
    """What a look at the files of a table shows."""

    forms: dict[str, str]  # of the events and of the targets, what their first file is taken for
    events: pd.DataFrame  # (3, canonical columns) the time on the clock of the dataset's zone
    labels: dict[str, int]  # rows of each value of the label, those of no class among them
    whole: bool  # whether these are all of them
    clients: int  # among the events that were read
    labelled: int  # of these
    rows: int  # events that were read


def preview(dataset: Table, rows: int = _ROWS) -> Preview:
    """Read at most ``rows`` rows of the events and of the targets.

    Raises:
        DataError: there is no such file, or it lacks a column.
    """
    key = dataset.target_client or dataset.client
    wanted = (dataset.client, dataset.time, *dataset.category_columns, *dataset.amount_columns)
    form, events, _ = _read(dataset, dataset.events_path, "events", wanted, rows, _REACH)
    target_form, targets, whole = _read(dataset, dataset.targets_path, "targets", (key, dataset.label), _TARGETS)
    clients = pd.Index(Facts(dataset.client, events[dataset.client]).counts.index)
    label = Facts(dataset.label, targets[dataset.label])
    labelled = targets.loc[label.present.index, key].str.strip()
    counts = label.counts.to_dict()
    return Preview(
        {"events": form, "targets": target_form},
        _canonical(dataset, events.head(3)),
        {name: counts.pop(name, 0) for name in dataset.classes} | counts,
        whole,
        len(clients),
        int(clients.isin(labelled).sum()),
        len(events),
    )


def _read(
    dataset: Table, path: str, what: str, wanted: tuple[str, ...], rows: int, reach: int = 1 << 24
) -> tuple[str, pd.DataFrame, bool]:
    """What the first file is taken for, some rows of all, and whether these are all rows."""
    files = find(path, what)
    form = form_of(files[0], dataset.csv, what, wanted)
    frame, whole = part(files, dataset.csv, what, rows, reach)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise DataError(f"dataset.{what}: {files[0]} {lacking(missing, list(frame.columns))}")
    return form, frame, whole


def _canonical(dataset: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """The canonical columns of some rows."""
    files = find(dataset.events_path, "events")
    time = instants(rows[dataset.time], dataset.time_format, dataset.timezone)
    return pd.DataFrame(
        {
            CLIENT: rows[dataset.client],
            TIME: time.dt.tz_convert(dataset.timezone),
            **{name: rows[name] for name in dataset.category_columns},
            **{
                name: as_numbers(rows[name], marks(files, dataset.csv, "events", name))
                for name in dataset.amount_columns
            },
        }
    )
