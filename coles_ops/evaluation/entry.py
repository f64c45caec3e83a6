"""One representation evaluated: its clients described, and predicted fold by fold.

P labelled clients, N of them in a part of a fold, F features, K classes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.evaluation import (
    COMPLEXITY,
    FOLD,
    INNER,
    PROBE,
    REPEAT,
    REPRESENTATION,
    SEED,
    THRESHOLD,
    Evaluation,
    RepresentationRecord,
)
from coles_ops.config import Config
from coles_ops.embedding import device_of
from coles_ops.metrics import best_threshold
from coles_ops.probes import Fitting, Labelled, Probe
from coles_ops.protocols import Clients, Fold, Protocol
from coles_ops.representations import Representation
from coles_ops.schema import CLIENT, GROUP, LABEL
from coles_ops.store import EventStore

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
        predicted, chosen = predict_folds(
            lambda rows: features[np.searchsorted(labelled, rows)],
            clients,
            folds,
            protocol,
            config.evaluation.probes,
            Fitting(len(store.schema.classes), entry.threads, config.evaluation.seed),
        )
    record = RepresentationRecord(
        representation=representation.id,
        row=representation.row,
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
    entry.target.write_representation(record, predicted.assign(**whose), chosen.assign(**whose), entry.made_from)
    return record


def predict_folds(
    described: Callable[[np.ndarray], np.ndarray],
    clients: Clients,
    folds: Sequence[Fold],
    protocol: Protocol,
    probes: Sequence[Probe],
    how: Fitting,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict the test clients of folds by probes that saw nothing but the labels of the training clients.

    Args:
        described: positions (N,) of clients to features (N, F).
        clients: all, with their labels.
        folds: to predict.
        protocol: deals the training clients to inner folds.
        probes: to fit.
        how: to fit them.

    Returns:
        A row a prediction: probe, repeat, fold, client (its position), label, p_0 .. p_{K-1}; and a row a fit: probe,
        repeat, fold, and what was found within the training clients: ROC-AUC, complexity, threshold.
    """
    predicted, chosen = [], []
    for fold in folds:
        train = Labelled(described(fold.train), clients.label[fold.train])
        test, inner = described(fold.test), protocol.inner_folds(clients, fold)
        assert np.isfinite(train.features).all() and np.isfinite(test).all(), "a client's features are not finite"
        own = replace(how, seed=how.seed + 1000 * fold.repeat + fold.number)
        for probe in probes:
            fitted = probe.fit(train, inner, own)
            proba = fitted.predict(test)  # (N, K)
            place = {PROBE: probe.name, REPEAT: fold.repeat, FOLD: fold.number}
            table = pd.DataFrame({CLIENT: fold.test, LABEL: clients.label[fold.test]})
            predicted.append(table.assign(**place, **{f"p_{k}": proba[:, k] for k in range(proba.shape[1])}))
            found = {INNER: fitted.score, COMPLEXITY: fitted.complexity}
            chosen.append(place | found | {THRESHOLD: best_threshold(train.labels, fitted.out_of_fold)})
    return pd.concat(predicted, ignore_index=True), pd.DataFrame(chosen)


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
