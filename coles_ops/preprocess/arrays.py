"""Rows to the memory-mapped arrays of the event store, a few shards in memory at a time.

The coding is fitted on the way: positions of values and raw logarithms lie in the columns until all shards are
counted, then the columns are coded in place. C clients, E events, V values of a category.
"""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from coles_ops.artefacts import write_json
from coles_ops.coding import EventCoding, EventFeatures, Statistics, fit
from coles_ops.coding.features import SECONDS
from coles_ops.coding.order import in_order
from coles_ops.config import Config
from coles_ops.datasets.targets import in_order as classes_in_order
from coles_ops.preprocess.shards import Layout, scatter_to_shards
from coles_ops.schema import CLIENT, EVENTS, LABEL, PART, ROW, DataError, Part
from coles_ops.store import code_type

_SHARD = 4_000_000  # events of a shard, about
_CHUNK = 1 << 20  # events in memory at a time, once they are sorted
_WORKERS = 4  # most shards in memory at a time

Values = Mapping[str, pa.Array]


def event_features(config: Config) -> EventFeatures:
    """What an event of this configuration becomes."""
    dataset, preprocess = config.dataset, config.preprocess
    return EventFeatures(
        categories=dataset.categories, amounts=dataset.amounts, missing=dataset.missing,
        calendar=preprocess.calendar, gap=preprocess.gap, timezone=dataset.timezone,
    )  # fmt: skip


def write_arrays(
    folder: Path, rows: Path, clients: pd.DataFrame, values: dict[str, list[str]], config: Config
) -> dict[str, Any]:
    """Write ``arrays/`` and the coding, fitted over the training clients' events; returns counts for the manifest.

    Args:
        folder: where to.
        rows: folder of Parquet with the canonical columns.
        clients: in row order, with part, label and number of events.
        values: category to its values, in ascending order.
        config: names the amounts, the classes, the calendar parts and whether the gap is wanted.
    """
    out = folder / "arrays"
    out.mkdir()
    fits = clients[PART].map(lambda part: Part(part).fits).to_numpy(bool) & (clients[EVENTS] > 0).to_numpy()  # (C,)
    if not fits.any():
        raise DataError("no client is left to train on: all are in validation or test, or have no events")
    features, texts = event_features(config), {name: pa.array(known, pa.string()) for name, known in values.items()}
    layout = Layout.of(clients[EVENTS].to_numpy(), _SHARD)
    _create(out, int(layout.offsets[-1]), texts, features)
    with ThreadPoolExecutor(min(config.resources.cores, _WORKERS)) as pool:
        ids = pa.array(clients[CLIENT], pa.string())
        scatter_to_shards(rows, out, layout, ids, texts, features.amounts, pool)
        finish = partial(_finish, out, layout, texts, features, fits)
        statistics, spans = zip(*pool.map(finish, range(len(layout.firsts) - 1)), strict=True)
    (out / f"{ROW}.npy").unlink()
    preprocess = config.preprocess
    coding = fit(features, texts, sum(statistics[1:], statistics[0]), preprocess.min_count, preprocess.max_codes)
    coding.save(folder)
    unknown = _code(out, coding, texts)
    np.save(out / "offsets.npy", layout.offsets)
    classes = config.dataset.classes or classes_in_order(clients[LABEL].dropna())
    label = _label_codes(clients[LABEL], classes)
    pd.DataFrame({CLIENT: clients[CLIENT], PART: clients[PART], LABEL: label}).to_parquet(
        out / "clients.parquet", index=False
    )
    schema = coding.store_schema(classes)
    write_json(out / "store.json", schema)
    span = [min(first for first, _ in spans), max(last for _, last in spans)]
    return {"events": int(layout.offsets[-1]), "unknown": unknown, "codes": schema.categories, "time_span": span}


def _create(out: Path, events: int, values: Values, features: EventFeatures) -> None:
    """Empty columns of the store, and one of the client row that is there while it is filled."""
    types: dict[str, Any] = {SECONDS: np.int64, ROW: np.int32}
    types |= {name: code_type(len(known) + 2) for name, known in values.items()}
    types |= dict.fromkeys(features.calendar, np.uint8) | dict.fromkeys(features.reals, np.float32)
    for name, kind in types.items():
        _allocate(out / f"{name}.npy", kind, events)


def _allocate(path: Path, kind: Any, events: int) -> np.ndarray:
    """A new column mapped to be filled, its room taken now: on a full disk a page without room is a SIGBUS."""
    column = np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(events,))
    if allocate := getattr(os, "posix_fallocate", None):  # not on every system
        with path.open("r+b") as file:
            allocate(file.fileno(), 0, path.stat().st_size)
    return column


def _finish(
    out: Path, layout: Layout, values: Values, features: EventFeatures, fits: np.ndarray, shard: int
) -> tuple[Statistics, tuple[int, int]]:
    """Sort a shard in place and add what follows from the order.

    Returns:
        Statistics of the training clients' events, and the first and the last second of all events.
    """
    first, last = layout.firsts[shard : shard + 2]
    part = slice(*layout.borders[shard : shard + 2])
    found = in_order({name: _open(out, name)[part] for name in (ROW, SECONDS, *values, *features.amounts)}, features)
    row, time = found.pop(ROW), found[SECONDS]
    assert np.array_equal(np.bincount(row - first), np.diff(layout.offsets[first : last + 1])), "not those counted"
    for name, column in found.items():
        _open(out, name)[part] = column
    return Statistics.of(found, fits[row], values, features), (int(time.min()), int(time.max()))


def _code(out: Path, coding: EventCoding, values: Values) -> dict[str, int]:
    """Code all columns, which are sorted; returns how many events of each category are unknown."""
    unknown = {}
    for name, texts in values.items():
        codes = coding.codes(name, texts)  # (V,)
        column, path = _open(out, name), out / f"{name}.npy"
        coded = _allocate(path.with_suffix(".partial"), codes.dtype, len(column))
        unknown[name] = 0
        for part in _chunks(column):
            coded[part] = codes[column[part]]
            unknown[name] += int(np.count_nonzero(coded[part] == coding.unknown_code(name)))
        path.with_suffix(".partial").replace(path)
    for name, scaler in coding.scalers.items():
        column = _open(out, name)
        for part in _chunks(column):
            column[part] = scaler(column[part])
    return unknown


def _open(out: Path, name: str) -> np.ndarray:
    """A column mapped anew, so that its pages leave this process when the work on a part is done."""
    return np.load(out / f"{name}.npy", mmap_mode="r+")


def _chunks(column: np.ndarray) -> Iterable[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, len(column), _CHUNK))


def _label_codes(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Class codes, -1 where there is no label."""
    return labels.map({name: code for code, name in enumerate(classes)}).fillna(-1).astype(np.int64).to_numpy()
