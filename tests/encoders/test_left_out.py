"""Columns that an encoder does not read."""

import itertools

import numpy as np
import pytest
import torch
from trainings import run_pass, small

from coles_ops.config import ConfigError, Embedding, load_config
from coles_ops.embedding import embed, load_encoder, save_encoder
from coles_ops.embedding.reader import open_reader
from coles_ops.training import Trainer


@pytest.fixture
def telling_store(tiny_store):
    """Of which one column gives clients away."""
    vars(tiny_store)["schema"] = tiny_store.schema.model_copy(update={"identity": {"mcc": 0.7, "hour": 0.2}})
    return tiny_store


@pytest.mark.parametrize(
    ("choice", "read", "width"),
    [
        ({}, ["hour"], 2),
        ({"objective": "vicreg"}, ["hour"], 2),
        ({"objective": "next_event"}, ["hour"], 2),
        ({"encoder__leave_out": []}, ["mcc", "hour"], 2),
        ({"encoder__leave_out": ["hour", "amount"]}, ["mcc"], 1),
    ],
)
def test_what_gives_clients_away_is_left_out(telling_store, choice, read, width):
    encoder = Trainer(telling_store, small(**choice)).model.trx_encoder
    assert list(encoder.embeddings) == read
    assert encoder.output_size == sum(table.embedding_dim for table in encoder.embeddings.values()) + width


def test_at_least_a_category_stays(telling_store):
    vars(telling_store)["schema"] = telling_store.schema.model_copy(update={"identity": {"mcc": 0.7, "hour": 0.6}})
    assert list(Trainer(telling_store, small()).model.trx_encoder.embeddings) == ["mcc", "hour"]


def test_what_is_left_out_changes_nothing_and_an_encoder_knows_it_without_its_training(telling_store, tmp_path):
    trainer = Trainer(telling_store, small(encoder__leave_out=["mcc", "gap"]))
    run_pass(trainer)
    save_encoder(tmp_path / "encoder.pt", trainer.model, telling_store.schema)
    rows, model = np.arange(60), load_encoder(tmp_path / "encoder.pt")
    before = embed(model, telling_store, rows, Embedding())
    assert np.array_equal(before, embed(trainer.model, telling_store, rows, Embedding()))
    for name, same in (("mcc", True), ("gap", True), ("amount", False)):
        telling_store.columns[name][:] = 1  # in memory alone
        open_reader.cache_clear()
        assert np.array_equal(embed(model, telling_store, rows, Embedding()), before) == same, name


def test_what_is_not_read_is_not_predicted(tiny_store):
    told = []
    for _ in range(2):
        trainer = Trainer(tiny_store, small(objective="next_event", encoder__leave_out=["mcc", "gap"]))
        told.append(run_pass(trainer)["loss"])
        for name in ("mcc", "gap"):
            tiny_store.columns[name][:] = 1  # in memory alone
        open_reader.cache_clear()
    assert told[0] == told[1]
    assert trainer.objective.head.widths == [26, 1]


def test_a_column_that_is_dropped_is_dropped_in_training_alone(tiny_store):
    model = Trainer(tiny_store, small(encoder__column_dropout=0.5, encoder__noise=0)).model
    events = open_reader(tiny_store, "cpu").read(torch.arange(10), torch.tensor([10]))
    whole = model.trx_encoder.eval()(events)
    dropped = [(model.trx_encoder.train()(events) == 0).all(dim=0) for _ in range(60)]  # (F,) each
    first = model.trx_encoder.embeddings["mcc"].embedding_dim
    assert not (whole == 0).all(dim=0).any()
    assert {(bool(d[:first].all()), bool(d[first:-2].all())) for d in dropped} == set(
        itertools.product(*[[False, True]] * 2)
    )
    assert not any(d[-2:].any() or d[:first].any() != d[:first].all() for d in dropped)


def test_columns_that_are_none_are_said_when_the_configuration_is_read():
    for key in ("training.encoder.leave_out", "search.space"):
        wrong = {"encoder.leave_out": [["shop"]]} if key == "search.space" else ["shop"]
        with pytest.raises(ConfigError, match=r"encoder\.leave_out names 'shop', which no event has; columns: .*hour"):
            load_config("completejourney", {key: wrong})
    searched = load_config("completejourney", {"search.space": {"encoder.leave_out": ["auto", ["store_id"], []]}})
    assert searched.training.encoder.leave_out == ("store_id",)
