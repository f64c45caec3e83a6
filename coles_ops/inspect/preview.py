"""The first events as a run will read them, and what the labels are: from a part of the files, without Spark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from coles_ops.datasets.ids import NULL_WORDS, alike
from coles_ops.datasets.table import Table
from coles_ops.datasets.targets import in_order, match_labels
from coles_ops.inspect.parsing import instants
from coles_ops.schema import CLIENT, TIME, DataError
from coles_ops.sources import find, form_of, marks, part
from coles_ops.sources.dialect import lacking
from coles_ops.sources.numbers import as_numbers
from coles_ops.targets import Number

_ROWS, _REACH = 20_000, 1 << 18  # of the events, and bytes of a file of them
_TARGETS = 1_000_000


@dataclass(frozen=True)
class Preview:
    """What a look at the files of a table shows."""

    forms: dict[str, str]  # of the events and of the targets, what their first file is taken for
    events: pd.DataFrame  # (3, canonical columns) the time on the clock of the dataset's zone
    labels: dict[str, float]  # rows of each value of the label, those of no class among them; or how numbers are spread
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
    files, others = find(dataset.events_path, "events"), find(dataset.targets_path, "targets")
    form, events, _ = _read(dataset, files, "events", wanted, rows, _REACH)
    target_form, targets, whole = _read(dataset, others, "targets", (key, dataset.label), _TARGETS)
    labels, shown = _labels(dataset, others, targets[dataset.label].dropna())
    clients = _ids(dataset, events[dataset.client]).dropna().unique()
    labelled = _ids(dataset, targets.loc[labels.index, key]).unique()
    return Preview(
        {"events": form, "targets": target_form},
        _canonical(dataset, files, events.head(3)),
        shown,
        whole,
        len(clients),
        int(np.isin(clients, labelled).sum()),
        len(events),
    )


def _labels(dataset: Table, files: list[Path], texts: pd.Series) -> tuple[pd.Series, dict[str, float]]:
    """The labels of the rows that have one, and what is shown of them."""
    if dataset.label_kind == "number":
        written = marks(files, dataset.csv, "targets", [dataset.label])[dataset.label]
        numbers = as_numbers(texts, written).dropna()
        return numbers, Number().counts(numbers.to_numpy(float))
    classes = match_labels(texts.value_counts().to_dict(), dataset.labels, f"dataset.targets: {dataset.label}")
    labels = texts.map(classes).dropna()
    counts = labels.value_counts().to_dict()
    order = dataset.classes or in_order(counts)
    return labels, {name: counts.pop(name, 0) for name in order} | counts


def _ids(dataset: Table, text: pd.Series) -> pd.Series:
    """Ids (R,) as they are compared, none where a word stands for none."""
    ids = pd.Series(alike(pa.array(text, pa.string()), dataset.ids).to_pandas().to_numpy(), text.index, dtype=object)
    words = [word.lower() for word in dataset.missing_ids]
    return ids.where(~ids.str.strip().str.lower().isin(["", *words]), None)


def _read(
    dataset: Table, files: list[Path], what: str, wanted: tuple[str, ...], rows: int, reach: int = 1 << 24
) -> tuple[str, pd.DataFrame, bool]:
    """What the first file is taken for, some rows of all, and whether these are all rows."""
    form = form_of(files[0], dataset.csv, what, wanted)
    frame, whole = part(files, dataset.csv, what, rows, reach)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise DataError(f"dataset.{what}: {files[0]} {lacking(missing, list(frame.columns))}")
    return form, frame, whole


def _canonical(dataset: Table, files: list[Path], rows: pd.DataFrame) -> pd.DataFrame:
    """What is read of some rows of the files, under the user's names."""
    time = instants(rows[dataset.time], dataset.time_format, dataset.timezone).dt.tz_convert(dataset.timezone)
    columns = {name: rows[name] for name in dataset.category_columns}
    for name, written in marks(files, dataset.csv, "events", dataset.amount_columns).items():
        amount = as_numbers(rows[name], written)
        if name in dataset.nullable:
            missing = rows[name].str.strip().str.lower().fillna("").isin(["", *NULL_WORDS])
            columns[f"{name}_missing"] = missing.map({True: "yes", False: "no"})
            amount = amount.where(~missing, 0.0)
        columns[name] = amount
    time = time.where(~time.dt.strftime("%Y-%m-%d").isin(map(str, dataset.missing_times)))
    return pd.DataFrame({CLIENT: _ids(dataset, rows[dataset.client]), TIME: time, **columns})
