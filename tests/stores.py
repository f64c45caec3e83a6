"""An event store as preprocessing would write one."""

from pathlib import Path

import numpy as np
import pandas as pd

from coles_ops import store
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
