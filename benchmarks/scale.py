"""Seconds and peak memory against events: preprocessing, one training epoch and embedding of all clients.

Click rows of made-up clients with the study's number of clicks each, shuffled. Every stage runs in a process of its
own, so that its peak (proportional set size, Spark's JVM included) is its own. Beside them stand the physical limits:
for preprocessing a sequential read of the input and a plain sort of as many 64-bit keys, for training and embedding
the GRU's matrix products at the rate this machine multiplies matrices of that shape.
"""

import multiprocessing
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.measure import Result, alone, console, main
from benchmarks.plot import draw
from benchmarks.preprocess import coles_preprocess, write_raw
from coles_ops.artefacts.events import Events
from coles_ops.config import Config, Embedding, Training, load_config
from coles_ops.schema import Part
from coles_ops.store import EventStore
from coles_ops.usage import Usage, measure

CLICKS = 126_752_515
EACH = 6_459  # clicks of a client, on average, in the study
_REACH = {("preprocess", CLICKS): ("under 720", "under 10")}  # seconds, GB
_SPEC = Training(batch_size=128)


def run(quick: bool) -> list[Result]:
    """1 M to 126.75 M clicks; quick: 0.3 M and 1 M."""
    sizes = [300_000, 1_000_000] if quick else [1_000_000, 8_000_000, CLICKS]
    results = []
    with TemporaryDirectory(prefix="coles-scale-") as scratch:
        for rows in sizes:
            results += _size(Path(scratch) / str(rows), rows)
            shutil.rmtree(Path(scratch) / str(rows))
    return results


def _size(folder: Path, rows: int) -> list[Result]:
    """All stages on so many rows."""
    folder.mkdir()
    clients = max(400, rows // EACH)
    apart(write_raw, folder / "raw", clients, rows, "clickstream")
    results = []
    for name, stage in (("preprocess", _preprocess), ("train", _train), ("embed", _embed)):
        facts = apart(stage, folder)
        console.print(f"  {name}, {rows:,} rows: {facts['seconds']:.1f} s, {facts['peak_gb']:.2f} GB", style="dim")
        label, limit = f"{name}, {rows / 1e6:.5g} M rows", facts["limit_seconds"]
        seconds, memory = _REACH.get((name, rows), (f"limit {limit:.2g}", ""))
        results += [
            alone(label, facts["seconds"], "s", seconds, stage=name, rows=rows, **facts),
            alone(f"{label}: peak", facts["peak_gb"], "GB", memory),
        ]
    return results


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function called in a new process, which ends with it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def config_of(folder: Path) -> Config:
    """Of the clicks in ``folder/raw``."""
    return load_config("synthetic", {"dataset.folder": str(folder / "raw"), "dataset.modality": "clickstream"})


def _preprocess(folder: Path) -> dict[str, float]:
    file = folder / "raw" / "clickstream.parquet"
    with measure() as usage:
        events = coles_preprocess(config_of(folder), folder).store.n_events
    return _facts(usage, _read_seconds(file) + _sort_seconds(events), events)


def _train(folder: Path) -> dict[str, float]:
    store = store_of(folder)
    with measure() as usage:
        from coles_ops.training import Trainer

        trainer = Trainer(store, _SPEC)
        found = trainer.run(trainer.batches)
    events = round(found["seconds"] * found["events_per_second"])
    usage.seconds = found["seconds"]  # of the pass alone, without the import of torch
    return _facts(usage, _gru_seconds(events, store, passes=3), events)


def _embed(folder: Path) -> dict[str, float]:
    store = store_of(folder)
    rows, embedding = store.rows(*Part), Embedding()
    with measure() as usage:
        from coles_ops.embedding import embed
        from coles_ops.encoders import build_encoder

        model = build_encoder(store.schema, _SPEC.encoder, _SPEC.seed)
        started = time.monotonic()
        embed(model, store, rows, embedding)
        seconds = time.monotonic() - started
    usage.seconds = seconds  # likewise
    events = int(np.minimum(store.lengths, embedding.max_events).sum())
    return _facts(usage, _gru_seconds(events, store, passes=1), events)


def _facts(usage: Usage, limit: float, events: int) -> dict[str, float]:
    return {
        "seconds": usage.seconds,
        "peak_gb": usage.peak_mb / 1024,
        "limit_seconds": limit,
        "events": events,
    }


def store_of(folder: Path) -> EventStore:
    """What ``coles_preprocess`` made in ``folder``."""
    (path,) = (folder / "home" / "store").glob("?" * 16)
    return Events(path=path, fingerprint=path.name).store


def _read_seconds(file: Path) -> float:
    """A sequential read of the file."""
    started = time.monotonic()
    with file.open("rb") as source:
        while source.read(1 << 24):
            pass
    return time.monotonic() - started


def _sort_seconds(events: int) -> float:
    """A plain sort of as many random 64-bit keys."""
    keys = np.random.default_rng(0).integers(0, 2**62, events)
    started = time.monotonic()
    keys.sort()
    return time.monotonic() - started


def _gru_seconds(events: int, store: EventStore, passes: int) -> float:
    """The GRU's products of ``events`` steps, 3 gates x 2 x (F + H) x H, at the rate of a product of that shape.

    Forward is one pass, backward takes two more.
    """
    import torch

    from coles_ops.encoders import build_encoder

    hidden = _SPEC.encoder.size
    weights = build_encoder(store.schema, _SPEC.encoder, _SPEC.seed).state_dict()
    features = next(value.shape[1] for name, value in weights.items() if name.endswith("weight_ih_l0"))
    left, right = torch.randn(8192, features + hidden), torch.randn(features + hidden, 3 * hidden)
    rounds, flops = 50, 2 * 8192 * (features + hidden) * 3 * hidden
    left @ right
    started = time.monotonic()
    for _ in range(rounds):
        left @ right
    rate = rounds * flops / (time.monotonic() - started)  # flop a second
    return passes * events * 3 * 2 * (features + hidden) * hidden / rate


if __name__ == "__main__":
    main(__doc__, run, draw)
