"""One representation evaluated: its clients described, where probes read that, and predicted fold by fold.

P labelled clients, N of them in a part of a fold, F features.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.evaluation import REPRESENTATION, SEED, Evaluation, RepresentationRecord
from coles_ops.config import Config
from coles_ops.embedding import device_of
from coles_ops.evaluation.folds import Predicted, by_itself, by_probes, predict_folds
from coles_ops.evaluation.learning import taught_by_fewer
from coles_ops.features import Features
from coles_ops.probes import Fitting
from coles_ops.protocols import Clients, Fold
from coles_ops.representations import Described, Predicting, Representation
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


@dataclass(frozen=True)
class _Work:
    """The clients and folds of an entry."""

    store: EventStore
    clients: Clients
    folds: list[Fold]
    labelled: np.ndarray  # (P,) in any of the folds, ascending

    @classmethod
    def of(cls, entry: Entry) -> Self:
        store, settings = EventStore(entry.store), entry.config.evaluation
        clients = Clients.of(store)
        clients = clients.permuted(settings.seed) if entry.representation.permutes else clients
        folds = [fold for fold in settings.protocol.outer_folds(clients) if (fold.repeat, fold.number) in entry.places]
        labelled = np.unique(np.concatenate([rows for fold in folds for rows in (fold.train, fold.test)]))
        return cls(store, clients, folds, labelled)


@dataclass(frozen=True)
class _Found:
    predicted: Predicted
    n_features: int
    truncated: int
    described: float  # when the clients were


def evaluate_entry(entry: Entry) -> RepresentationRecord:
    """Predict the folds by every probe and add the predictions to the long table; the record makes it whole."""
    representation = entry.representation
    with limited_threads(entry.threads):
        work, started = _Work.of(entry), time.monotonic()
        found = (_by_itself if isinstance(representation, Predicting) else _by_probes)(entry, work)
    record = RepresentationRecord(
        representation=representation.id,
        row=representation.row,
        family=representation.family,
        kind=representation.kind(),
        name=representation.name,
        seed=representation.seed,
        n_features=found.n_features,
        truncated_clients=found.truncated,
        embed_seconds=found.described - started,
        evaluate_seconds=time.monotonic() - found.described,
    )
    whose = {REPRESENTATION: representation.row, SEED: representation.seed}
    predicted, choices, inner = (table.assign(**whose) for table in found.predicted.tables)
    predicted[GROUP], predicted[CLIENT] = work.store.groups[predicted[CLIENT]], work.store.ids[predicted[CLIENT]]
    entry.target.write_representation(record, predicted, choices, inner, entry.made_from)
    return record


def _by_probes(entry: Entry, work: _Work) -> _Found:
    """By probes of the features; one of them, by fewer labels too."""
    representation, settings, clients = entry.representation, entry.config.evaluation, work.clients
    assert isinstance(representation, Described)
    featurizer = representation.describe(work.store, entry.config.embedding, device_of(entry.config.resources))
    features, described = featurizer(work.labelled), time.monotonic()  # (P, F)
    how = Fitting(clients.target, entry.threads, settings.seed)

    def features_of(rows: np.ndarray) -> Features:
        return features[np.searchsorted(work.labelled, rows)]

    learners = by_probes(features_of, clients, settings.protocol, settings.probes)
    found = predict_folds(learners, clients, work.folds, settings.protocol, how)
    if representation.curve and representation.seed == 0 and settings.labels:
        probe, sizes = settings.probes[-1], settings.labels
        few = taught_by_fewer(features_of, clients, work.folds, settings.protocol, probe, how, sizes)
        found = replace(found, predictions=pd.concat([found.predictions, few], ignore_index=True))
    return _Found(found, features.shape[1], featurizer.truncated, described)


def _by_itself(entry: Entry, work: _Work) -> _Found:
    """Without a probe: the same stands beside every one."""
    representation, settings, clients = entry.representation, entry.config.evaluation, work.clients
    assert isinstance(representation, Predicting)
    device = device_of(entry.config.resources)
    predictor = representation.predictor(work.store, work.labelled, entry.config.embedding, device)
    how, described = Fitting(clients.target, entry.threads, settings.seed), time.monotonic()
    learners = by_itself(predictor, clients, settings.probes, representation.name)
    found = predict_folds(learners, clients, work.folds, settings.protocol, how)
    return _Found(found, predictor.n_features, predictor.truncated, described)
