"""Encoders that labels teach: they learn from them, and no label of one who is predicted reaches him."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stores import write_store
from tables import tiny_run

from coles_ops.aggregates.options import Aggregation
from coles_ops.config import ConfigError, Embedding, Training
from coles_ops.embedding import save_encoder
from coles_ops.evaluation.folds import Predicted, by_itself, predict_folds
from coles_ops.listed import LISTED
from coles_ops.probes import PROBES, Fitting
from coles_ops.protocols import PROTOCOLS, Clients
from coles_ops.representations import TrainedEncoder, TunedEncoder
from coles_ops.schema import Part
from coles_ops.store import EventStore
from coles_ops.training import Trainer

SPEC = Training(
    encoder={"name": "gru", "size": 8}, sampler={"name": "sample_slices", "min": 5, "max": 20, "slices": 2},
    min_events=5, batch_size=16,
)  # fmt: skip
PROTOCOL = PROTOCOLS.get("crossfit")(folds=2, repeats=1, inner=2)
SHORT = {"steps": 24, "look_every": 12, "batch_size": 16, "learning_rate": 0.01, "head_rate": 0.02}
FROZEN = {**SHORT, "frozen_steps": 8}
OPTIONS = {"finetuned": FROZEN, "joint": {**FROZEN, "joint": True}, "supervised": SHORT}


World = tuple[EventStore, TrainedEncoder]


def made(folder: Path, number: bool) -> World:
    """Clients whose label shifts their codes, and an encoder that was trained a little."""
    store = write_store(folder / "store", np.random.default_rng(0).integers(10, 25, 150), number=number)
    trainer, file = Trainer(store, SPEC), folder / "encoder.pt"
    trainer.run(5)
    save_encoder(file, trainer.model, store.schema)
    return store, TrainedEncoder(id="t", name="gru", training=SPEC, spec="s", file=file)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return made(tmp_path_factory.mktemp("world"), number=False)


def tuned(encoder: TrainedEncoder, which: str) -> TunedEncoder:
    options = LISTED.get(which if which in LISTED.names() else "finetuned")(**OPTIONS[which])
    return TunedEncoder.of(options, encoder, Aggregation())


def predicted(world: World, which: str, clients: Clients, folds: list) -> Predicted:
    store, encoder = world
    labelled = np.flatnonzero(clients.known)
    predictor = tuned(encoder, which).predictor(store, labelled, Embedding(), "cpu")
    how = Fitting(clients.target, 1, 0)
    learners = by_itself(predictor, clients, [PROBES.get("linear")()], which)
    return predict_folds(learners, clients, folds, PROTOCOL, how)


def everyone(world: World) -> tuple[Clients, list]:
    """All who have a label are scored, half of them in each fold."""
    clients = Clients.of(world[0])
    clients = replace(clients, part=np.where(clients.known, Part.SCORE, Part.PRETRAIN).astype(str))
    return clients, PROTOCOL.outer_folds(clients)


def score(found: Predicted, clients: Clients) -> float:
    parts = [fold for _, fold in found.predictions.groupby("fold")]
    return clients.target.score([(part.label.to_numpy(), part[clients.target.columns].to_numpy()) for part in parts])


@pytest.mark.parametrize("which", ["finetuned", "supervised"])
def test_they_learn_what_the_label_shifts(world, which):
    clients, folds = everyone(world)
    found = predicted(world, which, clients, folds)
    assert score(found, clients) > 0.85
    assert found.choices.inner_score.min() > 0.75
    assert set(found.choices.complexity) <= {12, 24}
    sizes = found.inner.groupby("fold").size()
    assert sizes.tolist() == [len(fold.train) for fold in folds]


def test_they_learn_a_number(tmp_path):
    world = made(tmp_path, number=True)
    clients, folds = everyone(world)
    found = predicted(world, "supervised", clients, folds)
    assert score(found, clients) > 0.25
    assert clients.label[clients.known].min() < found.predictions.prediction.mean() < clients.label[clients.known].max()


def test_permuted_labels_teach_nothing(world):
    clients, folds = everyone(world)
    found = []
    for seed in range(3):
        label, known = clients.label.copy(), clients.known
        label[known] = np.random.default_rng(seed).permutation(label[known])
        permuted = replace(clients, label=label)
        found.append(score(predicted(world, "joint", permuted, folds), permuted))
    assert np.mean(found) < 0.6  # below one half: what by chance agrees with the truth here, does not there


def test_the_label_of_who_is_predicted_reaches_nobody(world):
    clients, (fold, _) = everyone(world)
    before = predicted(world, "joint", clients, [fold])
    again = predicted(world, "joint", clients, [fold])
    for one, other in zip(before.tables, again.tables, strict=True):
        assert one.equals(other)  # to the bit
    label = clients.label.copy()
    label[fold.test] = label[fold.test][::-1]
    after = predicted(world, "joint", replace(clients, label=label), [fold])
    columns = clients.target.columns
    assert before.predictions[columns].equals(after.predictions[columns])
    assert before.inner.equals(after.inner)
    assert before.choices.equals(after.choices)


def test_nor_does_that_of_a_training_client_reach_its_own_inner_prediction(world, monkeypatch):
    clients, (fold, _) = everyone(world)
    monkeypatch.setitem(OPTIONS["finetuned"], "look_every", 24)  # one look: nothing is chosen by labels
    before = predicted(world, "finetuned", clients, [fold]).inner
    held = before[before.inner_fold == 0].client_id.to_numpy()
    label, inner = clients.label.copy(), PROTOCOL.inner_folds(clients, fold)
    label[held] = label[held][::-1]
    monkeypatch.setattr(type(PROTOCOL), "inner_folds", lambda *_: inner)  # they are dealt out by labels
    after = predicted(world, "finetuned", replace(clients, label=label), [fold]).inner
    same = before[clients.target.columns].to_numpy() == after[clients.target.columns].to_numpy()
    assert same[before.inner_fold == 0].all()
    assert not same[before.inner_fold == 1].any()


def test_of_long_histories_no_more_is_read_than_by_others(world):
    store, encoder = world
    rows = np.flatnonzero(Clients.of(store).known)
    assert tuned(encoder, "finetuned").predictor(store, rows, Embedding(max_events=15), "cpu").truncated == int(
        np.count_nonzero(store.lengths > 15)
    )


def test_what_does_not_fit_is_said_in_the_configuration(tmp_path):
    for options, told in (
        ({"name": "finetuned", "steps": 50, "frozen_steps": 50}, r"frozen_steps 50 leaves no step"),
        ({"name": "supervised", "frozen_steps": 5}, r"representations\.0\.frozen_steps: Extra inputs"),
        ({"name": "finetuned", "head_rate": 0}, r"head_rate: Input should be greater than 0"),
    ):
        with pytest.raises(ConfigError, match=told):
            tiny_run(tmp_path, evaluation={"representations": [options]})
