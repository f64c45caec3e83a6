"""Parquet shards to the memory-mapped arrays of the event store, streamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coles_ops.artefacts import write_json
from coles_ops.config import Config
from coles_ops.schema import CLIENT, EVENTS, LABEL, PART, DataError, Part
from coles_ops.store import StoreSchema, code_type

_CHUNK = 1 << 20  # events in memory at a time


def write_arrays(folder: Path, clients: pd.DataFrame, config: Config, codes: dict[str, int]) -> dict[str, Any]:
    """Write ``arrays/`` and ``scalers.json`` beside ``events/``; returns counts for the manifest.

    Amounts, and the gap to the client's previous event (log1p of seconds, 0 for its first), are standardised by the
    mean and deviation over the training clients' events.

    Args:
        folder: holds ``events/*.parquet``, sorted by client row and time.
        clients: in row order, with part, label and number of events.
        config: names the amounts, the classes and whether the gap is wanted.
        codes: category to its number of codes.
    """
    out = folder / "arrays"
    out.mkdir()
    offsets = np.concatenate([[0], clients[EVENTS].cumsum()]).astype(np.int64)  # (C+1,)
    fits = clients[PART].map(lambda part: Part(part).fits).to_numpy()  # (C,)
    amounts = (*config.dataset.amounts, *(["gap"] if config.preprocess.gap else []))
    types = {
        "time": np.int64,
        **{c: code_type(n) for c, n in codes.items()},
        **dict.fromkeys(amounts, np.float32),
    }
    columns = {
        name: np.lib.format.open_memmap(out / f"{name}.npy", mode="w+", dtype=kind, shape=(int(offsets[-1]),))
        for name, kind in types.items()
    }
    unknown = dict.fromkeys(config.dataset.categories, 0)
    for start, batch in _batches(folder / "events"):
        stop = start + len(batch)
        rows = batch.column("row").to_numpy()
        assert np.array_equal(rows, np.repeat(np.arange(rows[0], rows[-1] + 1), _within(offsets, rows, start, stop)))
        for name, column in columns.items():
            if name != "gap":
                column[start:stop] = batch.column(name).to_numpy()
        for name in unknown:
            unknown[name] += int(np.count_nonzero(columns[name][start:stop] == codes[name] - 1))
        if config.preprocess.gap:
            columns["gap"][start:stop] = _gaps(columns["time"], offsets, start, stop)
    scalers = {name: _standardise(columns[name], offsets, fits) for name in amounts}
    write_json(folder / "scalers.json", scalers)
    np.save(out / "offsets.npy", offsets)
    label = _label_codes(clients[LABEL], config.dataset.classes)
    pd.DataFrame({CLIENT: clients[CLIENT], PART: clients[PART], LABEL: label}).to_parquet(
        out / "clients.parquet", index=False
    )
    write_json(out / "store.json", StoreSchema(categories=codes, amounts=amounts, classes=config.dataset.classes))
    span = [int(columns["time"][:].min()), int(columns["time"][:].max())]
    return {"events": int(offsets[-1]), "unknown": unknown, "codes": codes, "time_span": span}


def _batches(folder: Path) -> Iterator[tuple[int, pa.RecordBatch]]:
    """(position of its first event, batch), over all shards in order."""
    position = 0
    for shard in sorted(folder.glob("*.parquet")):
        for batch in pq.ParquetFile(shard).iter_batches(_CHUNK):
            if len(batch):
                yield position, batch
                position += len(batch)


def _within(offsets: np.ndarray, rows: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Events each client of the batch has inside it, by the counts that validation took."""
    bounds = offsets[rows[0] : rows[-1] + 2].clip(start, stop)
    return np.diff(bounds)


def _gaps(time: np.ndarray, offsets: np.ndarray, start: int, stop: int) -> np.ndarray:
    """log1p of the seconds since the client's previous event, for events start .. stop - 1."""
    before = max(start - 1, 0)
    seconds = np.diff(time[before:stop], prepend=time[before])[start - before :]
    first = offsets[np.searchsorted(offsets, start) : np.searchsorted(offsets, stop)] - start
    seconds[first[first < stop - start]] = 0
    return np.log1p(seconds)


def _standardise(column: np.ndarray, offsets: np.ndarray, fits: np.ndarray) -> dict[str, float]:
    """Scale a column in place by the training events' mean and deviation; returns them."""
    chunks = [slice(s, min(s + _CHUNK, len(column))) for s in range(0, len(column), _CHUNK)]
    owner = lambda part: np.searchsorted(offsets, np.arange(part.start, part.stop), side="right") - 1  # noqa: E731
    count = total = squares = 0.0
    for part in chunks:
        values = column[part][fits[owner(part)]].astype(np.float64)
        count, total, squares = count + len(values), total + values.sum(), squares + np.square(values).sum()
    if not count:
        raise DataError("no client is left to train on: all are in validation or test, or have no events")
    mean = total / count
    deviation = max(float(np.sqrt(max(squares / count - mean**2, 0))), 1e-6)
    for part in chunks:
        column[part] = (column[part] - mean) / deviation
    return {"mean": mean, "deviation": deviation}


def _label_codes(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Class codes, -1 where there is no label."""
    return labels.map({name: code for code, name in enumerate(classes)}).fillna(-1).astype(np.int64).to_numpy()
