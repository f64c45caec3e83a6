import numpy as np
import pytest
import torch
from torch import nn
from trainings import run_pass, small

from coles_ops.encoders import ENCODERS, Encoded, Encoder, Events, build_encoder, pack
from coles_ops.store import StoreSchema
from coles_ops.training import Trainer

SCHEMA = StoreSchema(categories={"mcc": 12, "hour": 26}, amounts=("amount", "gap"))


def end_to_end(lengths: list[int], seed: int = 0) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    rng, n = np.random.default_rng(seed), sum(lengths)
    codes = {name: torch.from_numpy(rng.integers(1, size, n)) for name, size in SCHEMA.categories.items()}
    return codes, torch.from_numpy(rng.normal(size=(n, 2)).astype(np.float32))


def packed(codes: dict[str, torch.Tensor], amounts: torch.Tensor, lengths: list[int]) -> Events:
    packing = pack(torch.tensor(lengths))
    source = packing.source()
    return Events({name: values[source] for name, values in codes.items()}, amounts[source], packing)


def events(lengths: list[int], seed: int = 0) -> Events:
    return packed(*end_to_end(lengths, seed), lengths)


def options(name: str, **more) -> Encoder:
    return ENCODERS.get(name)(size=16, **more)


@pytest.mark.parametrize("name", ENCODERS.names())
def test_one_vector_a_sequence_with_gradients_to_every_weight(name):
    model = build_encoder(SCHEMA, options(name), 0)
    embedded = model(events([1, 7, 40, 3])).sequences
    assert embedded.shape == (4, 16)
    embedded.square().sum().backward()
    without = [n for n, p in model.named_parameters() if p.grad is None]
    assert without in ([], ["seq_encoder.starter_h"])  # ptls' LSTM has a starting state that it never uses


@pytest.mark.parametrize("name", ENCODERS.names())
def test_neighbours_in_the_batch_change_nothing(name):
    few = {"buckets": 2} if name == "transformer" else {}
    model = build_encoder(SCHEMA, options(name, **few), 0).eval()
    lengths = [1, 7, 40, 3, 12]
    codes, amounts = end_to_end(lengths)
    together, begin = model(packed(codes, amounts, lengths)).sequences, 0
    for row, n in enumerate(lengths):
        own = slice(begin, begin + n)
        alone = packed({k: v[own] for k, v in codes.items()}, amounts[own], [n])
        torch.testing.assert_close(model(alone).sequences[0], together[row], atol=1e-5, rtol=1e-5)
        begin += n


def pieces(encoded: Encoded, batch: Events) -> list[torch.Tensor]:
    """The states after the events of each sequence."""
    lengths = batch.packing.length[batch.packing.rank].tolist()
    return list(encoded.states[torch.argsort(batch.packing.source())].split(lengths))


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("readout", ["last", "mean", "max", "mean_last"])
@pytest.mark.parametrize("name", ENCODERS.names())
def test_a_readout_is_of_the_states_after_every_event(name, readout, grad):
    model, batch = build_encoder(SCHEMA, options(name, readout=readout), 0).eval(), events([1, 7, 40, 3])
    with torch.set_grad_enabled(grad):
        encoded = model(batch, per_event=True)
        assert torch.equal(model(batch).sequences, encoded.sequences)
    assert model(batch).states is None
    for row, states in zip(encoded.sequences, pieces(encoded, batch), strict=True):
        expected = {"last": states[-1], "mean": states.mean(0), "max": states.amax(0)}
        expected["mean_last"] = torch.cat([expected["mean"], expected["last"]])
        assert len(row) == model.embedding_size
        torch.testing.assert_close(row, expected[readout])


@pytest.mark.parametrize("name", ENCODERS.names())
def test_the_states_of_a_sequence_do_not_depend_on_its_neighbours(name):
    model = build_encoder(SCHEMA, options(name), 0).eval()
    lengths = [7, 40, 3, 40, 12]
    codes, amounts = end_to_end(lengths)
    batch = packed(codes, amounts, lengths)
    own = slice(47, 50)
    alone = packed({k: v[own] for k, v in codes.items()}, amounts[own], [3])
    expected = model(alone, per_event=True).states
    torch.testing.assert_close(pieces(model(batch, per_event=True), batch)[2], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ENCODERS.names())
def test_the_states_of_a_causal_encoder_know_nothing_of_later_events(name):
    chosen = options(name, **({"causal": True, "layers": 1} if name == "transformer" else {}))
    assert chosen.is_causal
    model, (codes, amounts) = build_encoder(SCHEMA, chosen, 0).eval(), end_to_end([9])
    first = packed({k: v[:5] for k, v in codes.items()}, amounts[:5], [5])
    whole, begun = model(packed(codes, amounts, [9]), per_event=True), model(first, per_event=True)
    torch.testing.assert_close(whole.states[:5], begun.states, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(whole.sequences, begun.sequences)


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("name", [n for n in ENCODERS.names() if build_encoder(SCHEMA, options(n), 0).initial_state()])
def test_the_second_half_after_the_first_is_the_whole(name, grad):
    model = build_encoder(SCHEMA, options(name), 0).eval()
    first, second = [1, 20, 5, 3], [4, 1, 30, 3]
    both = [a + b for a, b in zip(first, second, strict=True)]
    codes, amounts = end_to_end(both)
    is_first = torch.cat([torch.arange(a + b) < a for a, b in zip(first, second, strict=True)])
    begun, later = (
        packed({k: v[kept] for k, v in codes.items()}, amounts[kept], lengths)
        for kept, lengths in ((is_first, first), (~is_first, second))
    )
    with torch.set_grad_enabled(grad):
        whole = model(packed(codes, amounts, both))
        ended = model(later, model(begun).state)
    torch.testing.assert_close(ended.sequences, whole.sequences, atol=1e-6, rtol=1e-6)
    for part, expected in zip(ended.state, whole.state, strict=True):
        torch.testing.assert_close(part, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", ENCODERS.names())
def test_weights_follow_from_the_seed_alone(name):
    torch.manual_seed(1)
    one = build_encoder(SCHEMA, options(name), 3).state_dict()
    torch.manual_seed(2)
    same, other = build_encoder(SCHEMA, options(name), 3), build_encoder(SCHEMA, options(name), 4)
    assert all(torch.equal(one[k], v) for k, v in same.state_dict().items())
    assert any(not torch.equal(one[k], v) for k, v in other.state_dict().items())


@pytest.mark.parametrize("name", ENCODERS.names())
def test_a_width_of_1024_trains(name):
    model = build_encoder(SCHEMA, ENCODERS.get(name)(size=1024, readout="mean_last"), 0)
    embedded = model(events([1, 4, 2])).sequences
    assert embedded.shape == (3, 2048)
    embedded[:, ::3].sum().backward()
    grads = [p.grad for n, p in model.named_parameters() if p.grad is not None and "trx_encoder.embeddings" in n]
    assert len(grads) == 2
    assert all(grad.isfinite().all() and grad.any() for grad in grads)


def test_batch_norm_makes_columns_alike_and_is_kept(tiny_store):
    from coles_ops.embedding.reader import open_reader

    trainer = Trainer(tiny_store, small(encoder__batch_norm=True, encoder__noise=0))
    run_pass(trainer)
    read = open_reader(tiny_store, "cpu").read(torch.arange(50), torch.tensor([30, 20]))
    encoder = trainer.model.trx_encoder
    with torch.no_grad():
        nn.init.ones_(encoder.norm.weight), nn.init.zeros_(encoder.norm.bias)
        features = encoder.train()(read)
        torch.testing.assert_close(features.mean(0), torch.zeros(features.shape[1]), atol=1e-4, rtol=0)
        torch.testing.assert_close(features.var(0, correction=0), torch.ones(features.shape[1]), atol=1e-2, rtol=0)
        whole, part = encoder.eval()(read), encoder(read.part(slice(0, 9)))
    torch.testing.assert_close(part, whole[:9])
    assert encoder.norm.running_var.ne(1).all()


def test_dropout_leaves_out_numbers_of_embeddings_in_training_alone():
    model = build_encoder(SCHEMA, options("gru", embedding_dropout=0.3, noise=0.0), 0).trx_encoder
    batch = events([40, 30])
    whole, thinned = model.eval()(batch), model.train()(batch)
    left = (thinned == 0) & (whole != 0)  # a value unseen in training is all zeros
    assert 0.2 < left[:, :-2][whole[:, :-2] != 0].float().mean() < 0.4
    assert not left[:, -2:].any()
    torch.testing.assert_close(thinned[~left], (whole / torch.tensor([0.7] * (whole.shape[1] - 2) + [1, 1]))[~left])


def in_ptls(name: str, model):
    """The same architecture of ptls' own classes."""
    from ptls.nn import RnnSeqEncoder, TransformerSeqEncoder, TrxEncoder

    table = {k: {"in": e.num_embeddings, "out": e.embedding_dim} for k, e in model.trx_encoder.embeddings.items()}
    numbers = dict.fromkeys(SCHEMA.amounts, "identity")
    if name == "transformer":
        trx = TrxEncoder(table, numbers, use_batch_norm=False, linear_projection_size=16)
        return TransformerSeqEncoder(trx, n_heads=4, n_layers=2, dim_hidden=64, max_seq_len=5000)
    return RnnSeqEncoder(TrxEncoder(table, numbers, use_batch_norm=False), hidden_size=16, type=name)


@pytest.mark.parametrize("name", ["gru", "lstm", "transformer"])
def test_weights_load_into_ptls_and_give_the_same_embeddings(name):
    from ptls.data_load.padded_batch import PaddedBatch
    from torch.nn.utils.rnn import pad_sequence

    model, lengths = build_encoder(SCHEMA, options(name), 0).eval(), [5, 30, 2, 9]
    theirs = in_ptls(name, model)
    theirs.load_state_dict(model.state_dict(), strict=True)
    model.load_state_dict(theirs.state_dict(), strict=True)
    codes, amounts = end_to_end(lengths)
    columns = {**codes, "amount": amounts[:, 0], "gap": amounts[:, 1]}
    padded = {k: pad_sequence(list(torch.split(v, lengths)), batch_first=True) for k, v in columns.items()}
    with torch.no_grad():
        expected = theirs.eval()(PaddedBatch(padded, torch.tensor(lengths)))
        torch.testing.assert_close(model(packed(codes, amounts, lengths)).sequences, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ENCODERS.names())
def test_values_unseen_in_training_say_nothing_before_and_after_it(tiny_store, name):
    trainer = Trainer(tiny_store, small(encoder=name))
    for column, size in tiny_store.schema.categories.items():  # the codes of the store leave the last one out
        assert tiny_store.columns[column].max() < size - 1
    run_pass(trainer)
    for table in trainer.model.trx_encoder.embeddings.values():
        assert not table.weight[-1].any()
        assert table.weight[1:-1].any(dim=1).all()
