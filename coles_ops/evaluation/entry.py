"""One representation evaluated: its clients described, and predicted fold by fold.

P labelled clients, N of them in a part of a fold, F features.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.evaluation import REPRESENTATION, SEED, Evaluation, RepresentationRecord
from coles_ops.config import Config
from coles_ops.embedding import device_of
from coles_ops.evaluation.folds import predict_folds
from coles_ops.evaluation.learning import taught_by_fewer
from coles_ops.features import Features
from coles_ops.probes import Fitting
from coles_ops.protocols import Clients
from coles_ops.representations import Representation
from coles_ops.schema import CLIENT, GROUP
from coles_ops.store import EventStore
from coles_ops.threads import limited_threads

Place = tuple[int, int]  # repeat and number of a fold


@dataclass(frozen=True)
class Entry:
    """What a worker needs to evaluate a representation."""

    representation: Representation
    places: frozenset[Place]  # the folds it is evaluated in
    store: Path
    version: str  # fingerprint of the events
    target: Evaluation
    config: Config
    threads: int  # in this process or in Ray's: with the same number the bytes are the same

    @property
    def made_from(self) -> str:
        """Fingerprint of what its predictions follow from."""
        return fingerprint(self.version, sorted(self.places), *self.representation.made_from())

    def found(self) -> RepresentationRecord | None:
        """The record of an earlier evaluation from the same, where nothing of it is damaged."""
        return self.target.record(self.representation.id, self.made_from)


def evaluate_entry(entry: Entry) -> RepresentationRecord:
    """Predict the folds by every probe and add the predictions to the long table; the record makes it whole."""
    representation, config = entry.representation, entry.config
    protocol = config.evaluation.protocol
    with limited_threads(entry.threads):
        store, started = EventStore(entry.store), time.monotonic()
        clients = Clients.of(store)
        clients = clients.permuted(config.evaluation.seed) if representation.permutes else clients
        folds = [fold for fold in protocol.outer_folds(clients) if (fold.repeat, fold.number) in entry.places]
        labelled = np.unique(np.concatenate([rows for fold in folds for rows in (fold.train, fold.test)]))
        featurizer = representation.describe(store, config.embedding, device_of(config.resources))
        features = featurizer(labelled)  # (P, F)
        embedded = time.monotonic()
        how = Fitting(store.schema.target, entry.threads, config.evaluation.seed)
        probes, sizes = config.evaluation.probes, config.evaluation.labels

        def described(rows: np.ndarray) -> Features:
            return features[np.searchsorted(labelled, rows)]

        found = predict_folds(described, clients, folds, protocol, probes, how)
        predicted = found.predictions
        if representation.curve and representation.seed == 0 and sizes:
            few = taught_by_fewer(described, clients, folds, protocol, probes[-1], how, sizes)
            predicted = pd.concat([predicted, few], ignore_index=True)
    record = RepresentationRecord(
        representation=representation.id,
        row=representation.row,
        family=representation.family,
        kind=representation.kind(),
        name=representation.name,
        seed=representation.seed,
        n_features=features.shape[1],
        truncated_clients=featurizer.truncated,
        embed_seconds=embedded - started,
        evaluate_seconds=time.monotonic() - embedded,
    )
    whose = {REPRESENTATION: representation.row, SEED: representation.seed}
    predicted[CLIENT], predicted[GROUP] = store.ids[predicted[CLIENT]], store.groups[predicted[CLIENT]]
    tables = (predicted.assign(**whose), found.choices.assign(**whose), found.inner.assign(**whose))
    entry.target.write_representation(record, *tables, entry.made_from)
    return record
