"""Shards of coded events to the memory-mapped arrays of the event store, one shard in memory at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import torch

from coles_ops.artefacts import write_json
from coles_ops.config import Config
from coles_ops.preprocess.vocabulary import by_frequency, n_codes, write_vocabulary
from coles_ops.schema import CLIENT, EVENTS, LABEL, PART, ROW, DataError, Part
from coles_ops.store import StoreSchema, code_type

_CHUNK = 1 << 20  # events in memory at a time, once they are sorted
CALENDAR_CODES = {"hour": 25, "weekday": 8, "day": 32, "month": 13}  # 0 is padding


def write_arrays(
    folder: Path, shards: Path, clients: pd.DataFrame, values: dict[str, list[str]], config: Config
) -> dict[str, Any]:
    """Write ``arrays/``, ``vocabulary.json`` and ``scalers.json``; returns counts for the manifest.

    Amounts, and the gap to the client's previous event (log1p of seconds, 0 for its first), are standardised by the
    mean and deviation over the training clients' events.

    Args:
        folder: where to.
        shards: folders ``shard=N`` of Parquet: ``row``, ``time``, a position in ``values`` for each category, amounts.
        clients: in row order, with part, label and number of events.
        values: category to its values, in ascending order.
        config: names the amounts, the classes, the calendar parts and whether the gap is wanted.
    """
    out = folder / "arrays"
    out.mkdir()
    offsets = np.concatenate([[0], clients[EVENTS].cumsum()]).astype(np.int64)  # (C+1,)
    amounts = (*config.dataset.amounts, *(["gap"] if config.preprocess.gap else []))
    calendar = {part: CALENDAR_CODES[part] for part in config.preprocess.calendar}
    types: dict[str, Any] = {name: code_type(len(known) + 2) for name, known in values.items()}
    types |= {"time": np.int64} | dict.fromkeys(calendar, np.uint8) | dict.fromkeys(amounts, np.float32)
    columns = {
        name: np.lib.format.open_memmap(out / f"{name}.npy", mode="w+", dtype=kind, shape=(int(offsets[-1]),))
        for name, kind in types.items()
    }
    for shard in sorted(shards.glob("shard=*"), key=lambda path: int(path.name.removeprefix("shard="))):
        events = pq.read_table(shard, partitioning=None)
        first, rows, found = _sorted({name: events.column(name).to_numpy() for name in events.column_names}, offsets)
        found |= _calendar(found["time"], calendar, config.dataset.timezone)
        if config.preprocess.gap:
            found["gap"] = _gaps(found["time"], rows)
        for name, column in columns.items():
            column[first : first + len(rows)] = found[name]
    fits = np.repeat(clients[PART].map(lambda part: Part(part).fits).to_numpy(bool), clients[EVENTS])  # (E,)
    if not fits.any():
        raise DataError("no client is left to train on: all are in validation or test, or have no events")
    vocabulary, unknown = {}, {}
    for name, known in values.items():
        vocabulary[name], unknown[name] = _renumber(out / f"{name}.npy", columns.pop(name), known, fits, config)
    codes = {name: n_codes(known) for name, known in vocabulary.items()} | calendar
    write_vocabulary(folder / "vocabulary.json", vocabulary)
    write_json(folder / "scalers.json", {name: _standardise(columns[name], fits) for name in amounts})
    np.save(out / "offsets.npy", offsets)
    label = _label_codes(clients[LABEL], config.dataset.classes)
    pd.DataFrame({CLIENT: clients[CLIENT], PART: clients[PART], LABEL: label}).to_parquet(
        out / "clients.parquet", index=False
    )
    write_json(out / "store.json", StoreSchema(categories=codes, amounts=amounts, classes=config.dataset.classes))
    span = [int(columns["time"].min()), int(columns["time"].max())]
    return {"events": int(offsets[-1]), "unknown": unknown, "codes": codes, "time_span": span}


def _sorted(events: dict[str, np.ndarray], offsets: np.ndarray) -> tuple[int, np.ndarray, dict[str, np.ndarray]]:
    """Sort a shard by client row and time, equal times by all other columns, for the same bytes each time.

    Returns:
        Position of its first event in the store, the client row (M,) of each event, and the other columns.
    """
    row, time = events.pop(ROW), events["time"]
    first, last, start = int(row.min()), int(row.max()), int(time.min())
    assert np.array_equal(np.bincount(row - first), np.diff(offsets[first : last + 2])), "not the events counted"
    span = int(time.max()) - start + 1
    assert (last - first + 1) * span < 2**63
    # One integer sorts faster than two columns, and torch's radix sort 5 times faster than numpy's argsort.
    sorted_key, order = torch.sort(torch.from_numpy((row - first).astype(np.int64) * span + (time - start)))
    key = sorted_key.numpy()
    same = key[1:] == key[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    among = order.numpy()[tied]
    order.numpy()[tied] = among[np.lexsort([*(events[name][among] for name in sorted(events)), key[tied]])]
    taken = {name: torch.from_numpy(values)[order].numpy() for name, values in {ROW: row, **events}.items()}
    return int(offsets[first]), taken.pop(ROW), taken


def _calendar(time: np.ndarray, parts: dict[str, int], timezone: str) -> dict[str, np.ndarray]:
    """Parts of the clock on the wall, as codes from 1."""
    local = pd.DatetimeIndex(time.astype("datetime64[s]")).tz_localize("UTC").tz_convert(timezone)
    from_zero = ("hour", "weekday")
    return {part: getattr(local, part).to_numpy() + (part in from_zero) for part in parts}


def _gaps(time: np.ndarray, row: np.ndarray) -> np.ndarray:
    """log1p of the seconds since the client's previous event, 0 for its first."""
    seconds = np.diff(time, prepend=time[:1])
    seconds[np.flatnonzero(np.diff(row)) + 1] = 0
    return np.log1p(seconds, dtype=np.float32)


def _renumber(
    path: Path, column: np.ndarray, values: list[str], fits: np.ndarray, config: Config
) -> tuple[list[str | None], int]:
    """Write a column anew with codes by frequency; returns the vocabulary and how many events are unknown."""
    counts = sum(np.bincount(column[part][fits[part]], minlength=len(values)) for part in _chunks(column))
    vocabulary, codes = by_frequency(values, np.asarray(counts), config.preprocess)
    partial = path.with_suffix(".partial")
    codes = codes.astype(code_type(n_codes(vocabulary)))
    written = np.lib.format.open_memmap(partial, mode="w+", dtype=codes.dtype, shape=column.shape)
    unknown = 0
    for part in _chunks(column):
        written[part] = codes[column[part]]
        unknown += int(np.count_nonzero(written[part] == len(vocabulary) + 1))
    written.flush()
    partial.replace(path)
    return vocabulary, unknown


def _standardise(column: np.ndarray, fits: np.ndarray) -> dict[str, float]:
    """Scale a column in place by the training events' mean and deviation; returns them."""
    total = squares = 0.0
    for part in _chunks(column):
        values = column[part][fits[part]].astype(np.float64)
        total, squares = total + values.sum(), squares + np.square(values).sum()
    count = np.count_nonzero(fits)
    mean = float(total / count)
    deviation = max(float(np.sqrt(max(squares / count - mean**2, 0))), 1e-6)
    for part in _chunks(column):
        column[part] = (column[part] - mean) / deviation + 0.0  # no -0.0: equal numbers are equal bytes
    return {"mean": mean, "deviation": deviation}


def _chunks(column: np.ndarray) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, len(column), _CHUNK)]


def _label_codes(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Class codes, -1 where there is no label."""
    return labels.map({name: code for code, name in enumerate(classes)}).fillna(-1).astype(np.int64).to_numpy()
