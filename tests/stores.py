"""An event store as preprocessing would write one, and what stands beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coles_ops import store
from coles_ops.artefacts.events import Events
from coles_ops.coding import EventCoding, EventFeatures
from coles_ops.coding.coding import Scaler
from coles_ops.schema import CLIENT, LABEL, PART, Part
from coles_ops.store import EventStore, StoreSchema
from coles_ops.targets import Classes, Number


def write_store(path: Path, lengths: np.ndarray, seed: int = 0, n_codes: int = 12, number: bool = False) -> EventStore:
    """A store of clients with two categories and two amounts; the label shifts which codes are frequent.

    Where it is a number, that is larger for those of the second class.
    """
    rng = np.random.default_rng(seed)
    clients, events = len(lengths), int(np.sum(lengths))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    owner = np.repeat(np.arange(clients), lengths)
    label = rng.integers(0, 2, clients)
    parts = [str(part) for part in (Part.TRAIN, Part.TUNE, Part.SCORE, Part.PRETRAIN)]
    part = rng.choice(parts, clients, p=[0.4, 0.2, 0.2, 0.2])
    start = np.repeat(offsets[:-1], lengths)
    gaps = rng.integers(1, 7200, events)
    total = np.cumsum(gaps)
    time = 1_500_000_000 + total - np.concatenate([[0], total])[start]
    code = 1 + (rng.zipf(1.6, events) + 3 * label[owner]) % (n_codes - 2)
    columns = {
        "mcc": code,
        "hour": 1 + time // 3600 % 24,
        "amount": rng.normal(size=events) + 0.3 * label[owner],
        "gap": np.log1p(gaps),
    }
    ids = [f"c{i:04d}" for i in range(clients)]
    target, unknown = (Number(), np.nan) if number else (Classes(names=("no", "yes")), -1)
    known = 3.0 * label + rng.normal(size=clients) if number else label
    people = pd.DataFrame({CLIENT: ids, PART: part, LABEL: np.where(part == str(Part.PRETRAIN), unknown, known)})
    schema = StoreSchema(categories={"mcc": n_codes, "hour": 26}, amounts=("amount", "gap"), target=target)
    return store.write_store(path, schema, 1_000_000 * time, offsets, columns, people)


def write_events(folder: Path, store: EventStore, values: Sequence[str] = "abcdefghij", **facts: Any) -> Events:
    """Coding and facts beside a store that ``write_store`` wrote into ``folder / "arrays"``.

    Args:
        folder: of the events.
        store: whose codes of ``mcc`` 1, 2 .. stand for these values.
        values: ten of them.
        facts: instead of those that follow from the store.
    """
    features = EventFeatures(categories=("mcc",), amounts=("amount",), calendar=("hour",), gap=True)
    scalers = {"amount": Scaler(mean=1, deviation=0.5), "gap": Scaler(mean=0, deviation=1)}
    coding = EventCoding(features=features, vocabulary={"mcc": tuple(values)}, scalers=scalers)
    counts = store.clients[PART].value_counts().to_dict()
    known = {
        "events": store.n_events, "clients": len(store.lengths), "clients_by_part": counts, "events_by_part": counts,
        "codes": store.schema.categories, "unknown": {"mcc": 0}, "identity": {"mcc": 0.7, "hour": 0.2}, "tells": [],
        "time_span": [1_500_000_000, 1_500_100_000],
    }  # fmt: skip
    events = Events(path=folder, fingerprint="tiny")
    events.write(coding, known | facts)
    return events
