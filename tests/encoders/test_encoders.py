import numpy as np
import pytest
import torch

from coles_ops.encoders import ENCODERS, Encoder, Events, build_encoder, pack
from coles_ops.store import StoreSchema

SCHEMA = StoreSchema(categories={"mcc": 12, "hour": 26}, amounts=("amount", "gap"), classes=("no", "yes"))


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
    embedded = model(events([1, 7, 40, 3]))
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
    together, begin = model(packed(codes, amounts, lengths)), 0
    for row, n in enumerate(lengths):
        own = slice(begin, begin + n)
        alone = packed({k: v[own] for k, v in codes.items()}, amounts[own], [n])
        torch.testing.assert_close(model(alone)[0], together[row], atol=1e-5, rtol=1e-5)
        begin += n


@pytest.mark.parametrize("name", ENCODERS.names())
def test_weights_follow_from_the_seed_alone(name):
    torch.manual_seed(1)
    one = build_encoder(SCHEMA, options(name), 3).state_dict()
    torch.manual_seed(2)
    same, other = build_encoder(SCHEMA, options(name), 3), build_encoder(SCHEMA, options(name), 4)
    assert all(torch.equal(one[k], v) for k, v in same.state_dict().items())
    assert any(not torch.equal(one[k], v) for k, v in other.state_dict().items())


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
        torch.testing.assert_close(model(packed(codes, amounts, lengths)), expected, atol=1e-5, rtol=1e-4)
