"""Rows to the memory-mapped arrays of the event store, a few shards in memory at a time.

C clients, E events, V values of a category.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coles_ops.artefacts import write_json
from coles_ops.config import Config
from coles_ops.datasets.targets import in_order
from coles_ops.preprocess.deal import Layout, deal
from coles_ops.preprocess.shard import MICROSECONDS, Columns, calendar, gaps, sort_events
from coles_ops.preprocess.vocabulary import by_frequency, n_codes, write_vocabulary
from coles_ops.schema import CLIENT, EVENTS, LABEL, PART, ROW, DataError, Part
from coles_ops.store import StoreSchema, code_type

_SHARD = 4_000_000  # events of a shard, about
_CHUNK = 1 << 20  # events in memory at a time, once they are sorted
_WORKERS = 4  # most shards in memory at a time
CALENDAR_CODES = {"hour": 25, "weekday": 8, "day": 32, "month": 13}  # 0 is padding


def write_arrays(
    folder: Path, rows: Path, clients: pd.DataFrame, values: dict[str, list[str]], config: Config
) -> dict[str, Any]:
    """Write ``arrays/``, ``vocabulary.json`` and ``scalers.json``; returns counts for the manifest.

    Amounts, and the gap to the client's previous event (log1p of seconds, 0 for its first), are standardised by the
    mean and deviation over the training clients' events.

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
    layout = Layout.of(clients[EVENTS].to_numpy(), _SHARD)
    _create(out, int(layout.offsets[-1]), values, config)
    with ThreadPoolExecutor(min(config.resources.cores, _WORKERS)) as pool:
        deal(rows, out, layout, clients[CLIENT], values, config.dataset.amounts, pool)
        finish = partial(_finish, out, layout, values, config, fits)
        counts, moments, spans = zip(*pool.map(finish, range(len(layout.firsts) - 1)), strict=True)
    (out / f"{ROW}.npy").unlink()
    vocabulary, unknown = {}, {}
    for name, known in values.items():
        vocabulary[name], codes = by_frequency(known, sum(found[name] for found in counts), config.preprocess)
        unknown[name] = _renumber(out / f"{name}.npy", codes, vocabulary[name])
    scalers = {name: _standardise(out, name, sum(found[name] for found in moments)) for name in moments[0]}
    write_vocabulary(folder / "vocabulary.json", vocabulary)
    write_json(folder / "scalers.json", scalers)
    np.save(out / "offsets.npy", layout.offsets)
    classes = config.dataset.classes or in_order(clients[LABEL].dropna())
    label = _label_codes(clients[LABEL], classes)
    pd.DataFrame({CLIENT: clients[CLIENT], PART: clients[PART], LABEL: label}).to_parquet(
        out / "clients.parquet", index=False
    )
    calendar_codes = {part: CALENDAR_CODES[part] for part in config.preprocess.calendar}
    codes_of = {name: n_codes(known) for name, known in vocabulary.items()} | calendar_codes
    schema = StoreSchema(categories=codes_of, amounts=tuple(scalers), classes=classes)
    write_json(out / "store.json", schema)
    span = [min(first for first, _ in spans), max(last for _, last in spans)]
    return {"events": int(layout.offsets[-1]), "unknown": unknown, "codes": codes_of, "time_span": span}


def _create(out: Path, events: int, values: dict[str, list[str]], config: Config) -> None:
    """Empty columns of the store, and one of the client row that is there while it is filled."""
    types: dict[str, Any] = {"time": np.int64, ROW: np.int32}
    types |= {name: code_type(len(known) + 2) for name, known in values.items()}
    types |= dict.fromkeys(config.preprocess.calendar, np.uint8)
    types |= dict.fromkeys((*config.dataset.amounts, *_gap(config)), np.float32)
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
    out: Path, layout: Layout, values: dict[str, list[str]], config: Config, fits: np.ndarray, shard: int
) -> tuple[Columns, Columns, tuple[int, int]]:
    """Sort a shard in place and add what follows from the order.

    Returns:
        Of the training clients' events, the count of each value (V,) by category and the moments (3,) by amount;
        and the first and the last second of all events.
    """
    first, last = layout.firsts[shard : shard + 2]
    part = slice(*layout.borders[shard : shard + 2])
    dealt = (ROW, "time", *values, *config.dataset.amounts)
    found = sort_events({name: _open(out, name)[part] for name in dealt})
    row, exact = found.pop(ROW), found.pop("time")
    found["time"] = time = exact // MICROSECONDS
    assert np.array_equal(np.bincount(row - first), np.diff(layout.offsets[first : last + 1])), "not those counted"
    found |= calendar(time, config.preprocess.calendar, config.dataset.timezone)
    found |= {name: gaps(exact, row) for name in _gap(config)}
    for name, column in found.items():
        _open(out, name)[part] = column
    training = fits[row]
    counts = {name: np.bincount(found[name][training], minlength=len(known)) for name, known in values.items()}
    moments = {name: _moments(found[name][training]) for name in (*config.dataset.amounts, *_gap(config))}
    return counts, moments, (int(time.min()), int(time.max()))


def _renumber(path: Path, codes: np.ndarray, vocabulary: list[str | None]) -> int:
    """Write a column anew with the code (V,) of each position; returns how many events are unknown."""
    column, anew = np.load(path, mmap_mode="r"), path.with_suffix(".partial")
    codes = codes.astype(code_type(n_codes(vocabulary)))
    written = _allocate(anew, codes.dtype, len(column))
    unknown = 0
    for part in _chunks(column):
        written[part] = codes[column[part]]
        unknown += int(np.count_nonzero(written[part] == len(vocabulary) + 1))
    anew.replace(path)
    return unknown


def _moments(values: np.ndarray) -> np.ndarray:
    """Number, sum and sum of squares (3,)."""
    exact = values.astype(np.float64)
    return np.array([len(exact), exact.sum(), np.square(exact).sum()])


def _standardise(out: Path, name: str, moments: np.ndarray) -> dict[str, float]:
    """Scale a column in place by the training events' mean and deviation; returns them."""
    count, total, squares = moments.tolist()
    mean = total / count
    deviation = max(max(squares / count - mean**2, 0) ** 0.5, 1e-6)
    column = _open(out, name)
    for part in _chunks(column):
        column[part] = (column[part] - mean) / deviation + 0.0  # no -0.0: equal numbers are equal bytes
    return {"mean": mean, "deviation": deviation}


def _open(out: Path, name: str) -> np.ndarray:
    """A column mapped anew, so that its pages leave this process when the work on a part is done."""
    return np.load(out / f"{name}.npy", mmap_mode="r+")


def _chunks(column: np.ndarray) -> Iterable[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, len(column), _CHUNK))


def _gap(config: Config) -> tuple[str, ...]:
    return ("gap",) if config.preprocess.gap else ()


def _label_codes(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Class codes, -1 where there is no label."""
    return labels.map({name: code for code, name in enumerate(classes)}).fillna(-1).astype(np.int64).to_numpy()
