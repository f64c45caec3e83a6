"""One representation evaluated: its clients described, probed and predicted.

P labelled clients, F features, K classes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.evaluation import FOLD, PROBE, REPEAT, REPRESENTATION, SEED, Evaluation, RepresentationRecord
from coles_ops.config import Config
from coles_ops.embedding import device_of
from coles_ops.evaluation.columns import choose_columns
from coles_ops.evaluation.probes import PROBES, Fitting, Labelled
from coles_ops.representations import Representation
from coles_ops.schema import CLIENT, GROUP, LABEL, PART, Part
from coles_ops.store import EventStore


@dataclass(frozen=True)
class Entry:
    """What a worker needs to evaluate a representation."""

    representation: Representation
    store: Path
    version: str  # fingerprint of the events
    target: Evaluation
    config: Config
    threads: int  # in this process or in Ray's: with the same number the bytes are the same

    @property
    def made_from(self) -> str:
        """Fingerprint of what its predictions follow from."""
        return fingerprint(self.version, *self.representation.made_from())

    def found(self) -> RepresentationRecord | None:
        """The record of an earlier evaluation from the same, where nothing of it is damaged."""
        return self.target.record(self.representation.id, self.made_from)


def evaluate_entry(entry: Entry) -> RepresentationRecord:
    """Predict every fold by every probe and add the predictions to the long table; the record makes it whole."""
    representation, config = entry.representation, entry.config
    probes = {name: PROBES.get(name) for name in config.evaluation.probes}  # imported before the clock starts
    with limited_threads(entry.threads):
        store, started = EventStore(entry.store), time.monotonic()
        parts = {part: store.rows(part) for part in (Part.TRAIN, Part.TUNE, Part.SCORE)}
        labelled = np.sort(np.concatenate(list(parts.values())))
        featurizer = representation.describe(store, config.embedding, device_of(config.resources))
        features = featurizer(labelled)  # (P, F)
        embedded = time.monotonic()
        how = Fitting(config.evaluation, len(store.schema.classes), entry.threads)
        tables = []
        place = {part: np.searchsorted(labelled, rows) for part, rows in parts.items()}
        columns = choose_columns(features[place[Part.TRAIN]], store.labels[parts[Part.TRAIN]])
        known = {
            part: Labelled(features[np.ix_(place[part], columns)], store.labels[rows]) for part, rows in parts.items()
        }
        for name, fit in probes.items():
            predict = fit(known[Part.TRAIN], known[Part.TUNE], how)
            for part in (Part.TUNE, Part.SCORE):
                table = predictions(store, parts[part], part, predict(known[part].features))
                tables.append(table.assign(**{PROBE: name, REPEAT: 0, FOLD: 0}))
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, REPRESENTATION, representation.id)
    table.insert(1, SEED, representation.seed)
    record = RepresentationRecord(
        representation=representation.id,
        kind=representation.kind(),
        name=representation.name,
        seed=representation.seed,
        n_features=features.shape[1],
        truncated_clients=featurizer.truncated,
        embed_seconds=embedded - started,
        evaluate_seconds=time.monotonic() - embedded,
    )
    entry.target.write_representation(record, table, entry.made_from)
    return record


def predictions(store: EventStore, rows: np.ndarray, part: Part, proba: np.ndarray) -> pd.DataFrame:
    """Id, group, part, label and class probabilities (N, K) of the clients at ``rows`` (N,)."""
    frame = pd.DataFrame(
        {CLIENT: store.ids[rows], GROUP: store.groups[rows], PART: str(part), LABEL: store.labels[rows]}
    )
    return frame.assign(**{f"p_{k}": proba[:, k] for k in range(proba.shape[1])})


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Around a block whose linear algebra takes so many threads: with another number it may add up in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        torch.set_num_threads(before)
