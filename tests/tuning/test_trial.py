import shutil

import numpy as np
import pytest

from coles_ops.artefacts.trial import Status, TrialFolder
from coles_ops.probes import Labelled
from coles_ops.probes.linear import linear_score
from coles_ops.protocols import Clients
from coles_ops.representations import TrainedEncoder
from coles_ops.store import EventStore
from coles_ops.training import too_short
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial


@pytest.fixture
def trial(run, events, tmp_path):
    """One that is trained to its first probe."""
    trial = Trial(plan_trials(run.config)[0], run.config, events.store, TrialFolder(tmp_path / "trial"), "cpu")
    trial.step()
    return trial


def test_the_probe_reads_a_client_as_the_evaluation_does(run, events, trial):
    store, embedding = events.store, run.config.embedding
    assert (store.lengths > 4 * trial.spec.sampler.longest).any()
    assert (store.lengths > embedding.max_events).any()
    known = TrainedEncoder(id="t", name="t", training=trial.spec, spec="s", file=trial.folder.encoder)
    features = known.describe(store, embedding, "cpu")(np.arange(60))
    scores = [
        linear_score([tuple(Labelled(features[rows], store.labels[rows]) for rows in sides)], store.schema.target)
        for sides in [
            (fold.train, fold.test) for fold in run.config.evaluation.protocol.tuning_folds(Clients.of(store))
        ]
    ]
    assert trial.history[0].probe_score == pytest.approx(np.mean(scores), abs=1e-6)


def test_a_training_that_is_too_short_is_said_with_how_long_it_should_be(trial):
    trial.folder.close(trial.spec, Status.FINISHED)
    record = trial.folder.record()
    assert too_short(record, least=2) is None
    record = record.model_copy(update={"seconds": 0.5})
    said = too_short(record, least=400)
    assert "trained for 2 optimiser steps, and below 400 (search.min_steps)" in said
    assert said.endswith("set training.steps to 400 or more, about 100 seconds a trial")


def test_what_scored_clients_did_and_are_changes_neither_encoder_nor_tuning_score(run, events, trial, tmp_path):
    shutil.copytree(events.store.path, tmp_path / "other")
    store = EventStore(tmp_path / "other")
    hidden = store.clients.part.isin(["score", "apart"])
    for name, column in (
        ("time", store.time),
        *(("columns/" + name, column) for name, column in store.columns.items()),
    ):
        changed = np.array(column)
        changed[np.repeat(hidden, store.lengths)] = 1
        np.save(store.path / f"{name}.npy", changed)
    clients = store.clients.assign(label=store.clients.label.where(~hidden, 1 - store.clients.label))
    clients.to_parquet(store.path / "clients.parquet")
    again = Trial(trial.spec, run.config, EventStore(store.path), TrialFolder(tmp_path / "again"), "cpu")
    again.step()
    assert again.folder.encoder.read_bytes() == trial.folder.encoder.read_bytes()
    assert again.history[0].probe_score == trial.history[0].probe_score
