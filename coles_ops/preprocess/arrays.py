"""Rows to the memory-mapped arrays of the event store, a few shards in memory at a time.

The coding is fitted on the way: positions of values and raw logarithms lie in the columns until all shards are
counted, then the columns are coded in place. C clients, E events, V values of a category.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coles_ops.artefacts.rows import Rows
from coles_ops.coding import EventCoding, EventFeatures, Statistics, fit
from coles_ops.coding.columns import MICROSECONDS
from coles_ops.coding.order import in_order
from coles_ops.config import Config
from coles_ops.preprocess.cuts import Cuts
from coles_ops.preprocess.identity import identities
from coles_ops.preprocess.shards import Layout, scatter_to_shards
from coles_ops.schema import CLIENT, CUT, EVENTS, LABEL, MICROS, PART, ROW, SEQUENCE, DataError, Part
from coles_ops.store import StoreWriter, code_type

_SHARD = 4_000_000  # events of a shard, about
_CHUNK = 1 << 20  # events in memory at a time, once they are sorted
_WORKERS = 4  # most shards in memory at a time

Values = Mapping[str, pa.Array]


def event_features(config: Config) -> EventFeatures:
    """What an event of this configuration becomes."""
    dataset, preprocess = config.dataset, config.preprocess
    return EventFeatures(
        categories=dataset.categories, amounts=dataset.amounts, missing=dataset.missing,
        calendar=preprocess.calendar, gap=preprocess.gap, timezone=dataset.timezone, sequence=dataset.ordered,
    )  # fmt: skip


def write_arrays(path: Path, rows: Rows, clients: pd.DataFrame, config: Config) -> tuple[EventCoding, dict[str, Any]]:
    """Write the store; returns its coding, fitted over the training clients' events, and counts.

    Args:
        path: of the store.
        rows: as they were read.
        clients: in row order, with part, label and number of events.
        config: names the columns, the target, the calendar parts and whether the gap is wanted.

    Raises:
        DataError: no client is left to train on.
    """
    fits = clients[PART].map(lambda part: Part(part).fits).to_numpy(bool) & (clients[EVENTS] > 0).to_numpy()  # (C,)
    if not fits.any():
        raise DataError("no client is left to train on: all are in validation or test, or have no events")
    features = event_features(config)
    values = {name: rows.values(name) for name in features.categories}
    store, threads, preprocess = StoreWriter(path), config.resources.cores, config.preprocess
    layout, found = _write_sorted(store, rows, clients, values, features, fits, threads)
    statistics, spans = zip(*found, strict=True)
    coding = fit(features, values, sum(statistics[1:], statistics[0]), preprocess.min_count, preprocess.max_codes)
    unknown = _code(store, coding, values)
    target = config.dataset.predicts(clients[LABEL].dropna())
    coded = {name: store.open(name) for name in features.categories + features.calendar}
    identity = identities(coded, store.open(MICROS), layout.offsets, np.flatnonzero(fits))
    schema = coding.store_schema(target).model_copy(update={"identity": identity})
    span = [min(first for first, _ in spans), max(last for _, last in spans)]
    cuts = Cuts.of(config.dataset, rows.targets).by_client(pa.array(clients[CLIENT], pa.string()))
    ends = pc.fill_null(cuts, span[1] + 1)
    known = {LABEL: target.encode(clients[LABEL]), CUT: ends.to_numpy(zero_copy_only=False)}
    store.finish(schema, layout.offsets, clients.assign(**known))
    return coding, {
        "events": int(layout.offsets[-1]),
        "unknown": unknown,
        "codes": schema.categories,
        "identity": identity,
        "time_span": [micros // MICROSECONDS for micros in span],
    }


def apply_coding(path: Path, rows: Rows, coding: EventCoding, threads: int) -> dict[str, int]:
    """Write a store of all clients of new rows, by a coding that was fitted on others; none has a label.

    Args:
        path: of the store.
        rows: as they were read.
        coding: of the encoder that will read them.
        threads: shards in memory at a time, at most 4.

    Returns:
        Category to its events whose value the coding does not know.
    """
    clients, features = rows.clients, coding.features
    values = {name: rows.values(name) for name in features.categories}
    store, nobody = StoreWriter(path), np.zeros(len(clients), dtype=bool)
    layout, _ = _write_sorted(store, rows, clients, values, features, nobody, threads)
    unknown = _code(store, coding, values)
    store.finish(coding.store_schema(), layout.offsets, clients.assign(**{PART: str(Part.APART), LABEL: -1}))
    return unknown


def _write_sorted(
    store: StoreWriter, rows: Rows, clients: pd.DataFrame, values: Values, features: EventFeatures, fits: np.ndarray,
    threads: int,
) -> tuple[Layout, list[tuple[Statistics, tuple[int, int]]]]:  # fmt: skip
    """Fill the columns: of categories positions in ``values``, of amounts raw logarithms.

    Args:
        store: empty.
        rows: as they were read.
        clients: in row order, with their number of events.
        values: of each category, in ascending order.
        features: what an event becomes.
        fits: (C,) bool, clients that shape statistics.
        threads: shards in memory at a time.

    Returns:
        Where the events of each client lie; and of each shard the statistics, the first and the last time.
    """
    layout = Layout.of(clients[EVENTS].to_numpy(), _SHARD)
    _create(store, int(layout.offsets[-1]), values, features)
    with ThreadPoolExecutor(min(threads, _WORKERS)) as pool:
        ids = pa.array(clients[CLIENT], pa.string())
        scatter_to_shards(rows, store, layout, ids, values, features, pool)
        finish = partial(_finish, store, layout, ids, values, features, fits)
        found = list(pool.map(finish, range(len(layout.firsts) - 1)))
    for name in _working(features):
        store.remove(name)
    return layout, found


def _create(store: StoreWriter, events: int, values: Values, features: EventFeatures) -> None:
    """Empty columns of the store, and those that are there while it is filled."""
    types: dict[str, Any] = {MICROS: np.int64, **_working(features)}
    types |= {name: code_type(len(known) + 2) for name, known in values.items()}
    types |= dict.fromkeys(features.calendar, np.uint8) | dict.fromkeys(features.reals, np.float32)
    for name, kind in types.items():
        store.create(name, kind, events)


def _working(features: EventFeatures) -> dict[str, Any]:
    """Columns by which events are sorted, and which no reader of a store needs."""
    return {ROW: np.int32, **({SEQUENCE: np.float64} if features.sequence else {})}


def _finish(
    store: StoreWriter,
    layout: Layout,
    ids: pa.Array,
    values: Values,
    features: EventFeatures,
    fits: np.ndarray,
    shard: int,
) -> tuple[Statistics, tuple[int, int]]:
    """Sort a shard in place and add what follows from the order.

    Returns:
        Statistics of the training clients' events, and the first and the last time of all events, microseconds.
    """
    first, last = layout.firsts[shard : shard + 2]
    part = slice(*layout.borders[shard : shard + 2])
    columns = {name: store.open(name)[part] for name in (ROW, MICROS, *features.raw)}
    found = in_order(columns, features, {ROW: ids, **values})
    row, time = found.pop(ROW), found[MICROS]
    assert np.array_equal(np.bincount(row - first), np.diff(layout.offsets[first : last + 1])), "not those counted"
    for name, column in found.items():
        store.open(name)[part] = column
    return Statistics.of(found, fits[row], values, features), (int(time.min()), int(time.max()))


def _code(store: StoreWriter, coding: EventCoding, values: Values) -> dict[str, int]:
    """Code all columns, which are sorted; returns how many events of each category are unknown."""
    unknown = {}
    for name, texts in values.items():
        codes = coding.codes(name, texts)  # (V,)
        unknown[name] = 0
        with store.replaced(name, codes.dtype) as (column, coded):
            for part in _chunks(column):
                coded[part] = codes[column[part]]
                unknown[name] += int(np.count_nonzero(coded[part] == coding.unknown_code(name)))
    for name, scaler in coding.scalers.items():
        column = store.open(name)
        for part in _chunks(column):
            column[part] = scaler(column[part])
    return unknown


def _chunks(column: np.ndarray) -> Iterable[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, len(column), _CHUNK))
