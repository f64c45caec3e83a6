import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.utils.rnn import pad_sequence

from coles_ops.config import Embedding
from coles_ops.embedding import embed
from coles_ops.embedding.reader import EventReader, _ahead
from coles_ops.encoders import build_encoder
from coles_ops.encoders.recurrent import Gru
from coles_ops.samplers import SAMPLERS, Draws, Histories
from coles_ops.store import EventStore, StoreSchema, write_store
from coles_ops.targets import Classes


@pytest.fixture(scope="module")
def long_store(tmp_path_factory) -> EventStore:
    """An empty client, one of a single event, one of a million, one of ten; codes of every width."""
    rng, lengths = np.random.default_rng(0), np.array([0, 1, 1_000_000, 10])
    events, categories = int(lengths.sum()), {"narrow": 200, "middle": 60_000, "wide": 100_000}
    columns = {name: rng.integers(1, codes, events) for name, codes in categories.items()}
    people = pd.DataFrame({"client_id": list("abcd"), "part": "train", "label": -1})
    schema = StoreSchema(categories=categories, amounts=("amount",), target=Classes(names=("0", "1")))
    return write_store(
        tmp_path_factory.mktemp("long") / "store", schema, np.arange(events) * 60,
        np.concatenate([[0], np.cumsum(lengths)]), columns | {"amount": rng.normal(size=events)}, people,
    )  # fmt: skip


def test_what_is_read_is_what_the_store_holds(long_store):
    lengths = [5, 1, 9]
    first = [1000, 1_000_005, 999_990]
    position = np.concatenate([np.arange(f, f + n) for f, n in zip(first, lengths, strict=True)])
    events = EventReader(long_store).read(torch.from_numpy(position), torch.tensor(lengths))
    source = events.packing.source().numpy()
    for name in long_store.schema.categories:
        assert np.array_equal(events.codes[name].numpy(), long_store.columns[name][position][source])
    assert np.array_equal(events.amounts[:, 0].numpy(), long_store.columns["amount"][position][source])


@pytest.mark.parametrize("how", ["last", "windows"])
def test_a_client_of_a_million_events_is_embedded_as_the_plain_way_does(long_store, how):
    model = build_encoder(long_store.schema, Gru(size=8, category_size=4), 0).eval()
    found = embed(model, long_store, np.arange(4), Embedding(max_events=700, long_histories=how, batch_events=1 << 18))
    begin, end = long_store.offsets[2:4].tolist()
    events = EventReader(long_store).read(torch.arange(begin, end), torch.tensor([end - begin]))  # as they lie
    with torch.no_grad():  # torch's own GRU over all windows, padded
        features = model.trx_encoder(events)
        edges = [len(features) * n // 1429 for n in range(1430)]  # as few windows of at most 700 as there may be
        windows = [features[a:b] for a, b in itertools.pairwise(edges)] if how == "windows" else [features[-700:]]
        start = torch.tanh(model.seq_encoder.starter_h).expand(1, len(windows), -1).contiguous()
        states, _ = model.seq_encoder.rnn(pad_sequence(windows, batch_first=True), start)
        last = states[torch.arange(len(windows)), torch.tensor([len(window) - 1 for window in windows])]
    np.testing.assert_allclose(found[2], last.mean(0).numpy(), atol=1e-5)
    assert not found[0].any()
    assert found[1].any()


@pytest.mark.parametrize("sampler", ["sample_slices", "split_random", "sample_random", "time_window"])
def test_a_client_of_a_million_events_is_sampled(long_store, sampler):
    chosen = SAMPLERS.get(sampler)()
    start, length = (torch.from_numpy(a[1:4]) for a in (long_store.offsets[:-1], long_store.lengths))
    drawn = chosen.sample(Histories(start, length, torch.from_numpy(long_store.time)), Draws(3))
    pieces = torch.split(drawn.position, drawn.length.tolist())
    for client, piece in zip(drawn.client.tolist(), pieces, strict=True):
        assert (torch.diff(piece) > 0).all()
        assert start[client] <= piece[0]
        assert piece[-1] < start[client] + length[client]
    assert len([p for c, p in zip(drawn.client.tolist(), pieces, strict=True) if c == 1]) == 5


def test_batches_made_ahead_are_the_same_and_an_error_arrives():
    def batches():
        yield from range(5)
        raise ZeroDivisionError("in the thread")

    seen = []
    with pytest.raises(ZeroDivisionError, match="in the thread"):
        seen.extend(_ahead(batches()))
    assert list(_ahead(iter("abc"))) == ["a", "b", "c"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU: the path through its memory is not run")
@pytest.mark.parametrize("resident", [True, False])
def test_a_gpu_reads_the_same(long_store, resident, monkeypatch):
    monkeypatch.setattr("coles_ops.embedding.reader._SHARE", 0.5 if resident else 0.0)
    position, length = torch.arange(500, 900), torch.tensor([100, 300])
    reader = EventReader(long_store, "cuda")
    assert reader.resident == resident
    expected, found = (
        EventReader(long_store).read(position, length),
        reader.read(position.to(reader.position_device), length),
    )
    for name, codes in expected.codes.items():
        assert torch.equal(codes, found.codes[name].cpu())
    assert torch.equal(expected.amounts, found.amounts.cpu())
