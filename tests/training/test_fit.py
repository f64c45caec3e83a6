import os

import numpy as np
import pytest
import torch
from trainings import run_pass, small

from coles_ops.artefacts import DamagedError
from coles_ops.config import Embedding
from coles_ops.embedding import count_truncated, embed, load_encoder, save_encoder
from coles_ops.embedding.reader import EventReader
from coles_ops.encoders import ENCODERS
from coles_ops.samplers import SAMPLERS, Draws, Histories
from coles_ops.schema import DataError, Part
from coles_ops.training import Trainer
from coles_ops.training.fit import Drawn


@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_the_loss_falls(tiny_store, encoder):
    trainer = Trainer(tiny_store, small(encoder=encoder))
    losses = [run_pass(trainer)["loss"] for _ in range(8)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS.names() if name != "no_split"])
@pytest.mark.parametrize("encoder", ["gru", "transformer"])
def test_resumed_training_is_the_same_to_the_bit(tiny_store, encoder, sampler):
    chosen = small(encoder=encoder, sampler=sampler, optimiser__schedule="cosine", steps=12, accumulate=2)
    straight, first, second = (Trainer(tiny_store, chosen) for _ in range(3))
    assert straight.batches % 2, "the cut is to be within a pass"
    straight.run(12)
    first.run(5)
    second.load_state_dict(first.state_dict())
    torch.randn(3)  # what else draws from the global generator changes nothing
    second.run(3)
    second.run(4)
    assert second.step == straight.step == 12
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(weight, second.model.state_dict()[name]), name


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("encoder", ENCODERS.names())
def test_the_same_seed_gives_the_same_embeddings_to_the_bit(tiny_store, encoder, precision):
    found = []
    for seed in (1, 1, 2):
        trainer = Trainer(tiny_store, small(encoder=encoder, precision=precision, seed=seed))
        run_pass(trainer)
        found.append(embed(trainer.model, tiny_store, np.arange(60), Embedding()))
    assert np.array_equal(found[0], found[1])
    assert not np.allclose(found[0], found[2])


def test_test_clients_are_never_read(tiny_store):
    trainer = Trainer(tiny_store, small())
    parts = set(tiny_store.clients["part"].iloc[trainer.rows])
    assert parts == {str(Part.TRAIN), str(Part.PRETRAIN)}


@pytest.mark.parametrize(("sampler", "most"), [("no_split", 16), ("sample_slices", 16), ("sample_slices", None)])
def test_no_encoder_is_given_more_events_than_it_takes(tiny_store, sampler, most):
    objective = {"objective": "next_event"} if sampler == "no_split" else {}
    trainer = Trainer(tiny_store, small(sampler=sampler, **objective))
    trainer.model.max_events = most
    read = [part.packing.length for drawn in trainer._batches(range(4)) for part in drawn.parts]
    longest, ends = int(torch.cat(read).max()), tiny_store.lengths.max()
    assert longest == (most or 20) <= ends


def test_too_few_clients_are_said(tiny_store):
    with pytest.raises(DataError, match=r"training\.min_events = 1000 .*longest of all has 300"):
        Trainer(tiny_store, small(min_events=1000))


@pytest.mark.parametrize("schedule", ["none", "step", "cosine"])
def test_the_rate_follows_its_schedule(tiny_store, schedule):
    trainer = Trainer(
        tiny_store,
        small(optimiser__schedule=schedule, optimiser__schedule_step=1, optimiser__schedule_gamma=0.5, steps=2),
    )
    rates = [trainer.run(1)["learning_rate"] for _ in range(2)]
    assert rates[0] == 0.01
    assert rates[1] == pytest.approx({"none": 0.01, "step": 0.005, "cosine": 0.005}[schedule])


def test_bfloat16_trains(tiny_store):
    trainer = Trainer(tiny_store, small(precision="bf16"))
    first, *_, last = [run_pass(trainer)["loss"] for _ in range(6)]
    assert last < first


@pytest.mark.parametrize("encoder", ["gru", "lstm"])
def test_steps_equal_those_of_ptls_in_lightning(tiny_store, encoder):
    """Same weights, same slices: after three steps of Adam the losses and the weights are the same."""
    from benchmarks.peers import stock_batches, stock_module, stock_trainer

    trainer = Trainer(tiny_store, small(encoder=encoder, encoder__noise=0.0))
    module = stock_module(tiny_store, trainer.spec)
    batches = []
    for draw in range(3):
        start, length = (torch.from_numpy(a[trainer.rows]) for a in (tiny_store.offsets[:-1], tiny_store.lengths))
        time = torch.from_numpy(tiny_store.time)
        batches.append(trainer.spec.sampler.sample(Histories(start, length, time), Draws(draw)))
    trainer.model.train()
    for slices in batches:
        loss, _ = trainer._backward(Drawn([trainer.reader.read(slices.position, slices.length)], slices.client))
        trainer._step()
    lightning = stock_trainer(max_epochs=1)
    lightning.fit(module, stock_batches(tiny_store, batches))
    assert float(loss) == pytest.approx(float(lightning.callback_metrics["loss"]), rel=1e-4)
    theirs = module.seq_encoder.state_dict()
    for name, weight in trainer.model.state_dict().items():
        torch.testing.assert_close(weight, theirs[name], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
@pytest.mark.parametrize("how", ["last", "windows"])
def test_embedding_in_batches_equals_one_by_one(tiny_store, encoder, how):
    model = Trainer(tiny_store, small(encoder=encoder)).model
    rows = np.arange(60)[::-1]
    setting = Embedding(max_events=50, batch_events=500, long_histories=how)
    together = embed(model, tiny_store, rows, setting)
    alone = np.concatenate([embed(model, tiny_store, rows[i : i + 1], setting) for i in range(60)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert not together[rows == 0].any()  # client 0 has no events
    assert together[rows == 1].any()


def test_the_last_events_are_those_that_count(tiny_store):
    model = Trainer(tiny_store, small()).model
    row = np.array([2])  # 300 events
    last, whole = (embed(model, tiny_store, row, Embedding(max_events=n)) for n in (10, 300))
    assert not np.allclose(last, whole)
    long = int((tiny_store.lengths > 40).sum())
    assert count_truncated(model, tiny_store, Embedding(max_events=40)) == long > 0
    assert count_truncated(model, tiny_store, Embedding(max_events=40, long_histories="windows")) == 0


@pytest.mark.parametrize("encoder", ["gru", "transformer"])
def test_a_window_reads_long_histories_as_training_reads_them(tiny_store, encoder):
    spec = small(encoder=encoder, encoder__window="auto", sampler__max=20)
    assert spec.encoder.window == "auto"
    model, row, begin = Trainer(tiny_store, spec).model, np.array([2]), int(tiny_store.offsets[2])
    assert model.window == model.options.window == 20
    whole = embed(model, tiny_store, row, Embedding(max_events=295))
    events = torch.arange(begin + 5, begin + 300)  # the last 295, in 15 windows of 19 and 20
    length = torch.tensor([295 * (n + 1) // 15 - 295 * n // 15 for n in range(15)])
    assert set(length.tolist()) == {19, 20}
    with torch.no_grad():
        windows = model(EventReader(tiny_store).read(events, length)).sequences
    np.testing.assert_allclose(whole[0], windows.mean(0).numpy(), atol=1e-5)
    assert count_truncated(model, tiny_store, Embedding(max_events=295)) == 1


def test_an_encoder_survives_its_file(tiny_store, tmp_path):
    trainer = Trainer(tiny_store, small())
    run_pass(trainer)
    save_encoder(tmp_path / "encoder.pt", trainer.model, tiny_store.schema)
    rows = np.arange(10)
    saved = embed(load_encoder(tmp_path / "encoder.pt"), tiny_store, rows, Embedding())
    assert np.array_equal(saved, embed(trainer.model, tiny_store, rows, Embedding()))
    os.truncate(tmp_path / "encoder.pt", 1000)
    with pytest.raises(DamagedError, match=r"encoder\.pt cannot be read"):
        load_encoder(tmp_path / "encoder.pt")
