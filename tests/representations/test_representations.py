import numpy as np
import pyarrow.parquet as pq
import pytest

from coles_ops.artefacts.evaluation import write_features
from coles_ops.config import Embedding, Training
from coles_ops.embedding import save_encoder
from coles_ops.representations import REPRESENTATIONS, Featurizer, TrainedEncoder
from coles_ops.representations.aggregates import Aggregates
from coles_ops.store import EventStore
from coles_ops.training import Trainer

SPEC = Training(encoder={"name": "gru", "size": 8}, min_events=5, batch_size=8)


@pytest.fixture
def winner(tiny_store, tmp_path) -> TrainedEncoder:
    file = tmp_path / "encoder.pt"
    save_encoder(file, Trainer(tiny_store, SPEC).model, tiny_store.schema, SPEC.encoder)
    return TrainedEncoder(id="t", name="t", training=SPEC, file=file)


@pytest.fixture(params=REPRESENTATIONS.names())
def representation(request, winner):
    return REPRESENTATIONS.get(request.param).baseline(winner) or winner


def test_every_client_is_described_alike_wherever_it_stands(tiny_store, representation):
    describe = representation.describe(tiny_store, Embedding(), "cpu")
    features = describe(np.arange(60))
    assert (features.shape[0], features.dtype) == (60, np.float32)
    assert np.isfinite(features).all()
    assert not features[0].any()  # no events
    assert features[1].any()
    some = np.array([1, 2, 7, 30, 59])
    np.testing.assert_allclose(describe(some), features[some], atol=1e-6)


def test_clients_that_are_not_read_whole_are_counted(tiny_store, representation):
    long = int(np.count_nonzero(tiny_store.lengths > 50))
    truncated = representation.describe(tiny_store, Embedding(max_events=50), "cpu").truncated
    assert truncated == (0 if isinstance(representation, Aggregates) else long)


def test_features_of_all_clients_are_streamed_in_blocks(tiny_store, tmp_path, monkeypatch):
    monkeypatch.setattr("coles_ops.representations.base._BLOCK", 7)
    calls = []

    def compute(rows: np.ndarray) -> np.ndarray:
        calls.append(len(rows))
        return np.stack([rows, -rows], axis=1).astype(np.float32)

    describe, rows = Featurizer(compute), np.arange(60)
    assert np.array_equal(describe(rows)[:, 0], rows)
    write_features(tmp_path / "e.parquet", ((tiny_store.ids[block], f) for block, f in describe.blocks(rows)))
    assert calls == 2 * [*[7] * 8, 4]
    found = pq.ParquetFile(tmp_path / "e.parquet")
    assert found.num_row_groups == 9
    table = found.read().to_pandas()
    assert list(table.columns) == ["client_id", "e_0000", "e_0001"]
    assert table.client_id.tolist() == tiny_store.ids.tolist()
    assert np.array_equal(table.e_0001, -rows)


def plain(store: EventStore, client: int) -> list[float]:
    """The aggregates of one client, the slow way."""
    own = slice(store.offsets[client], store.offsets[client + 1])
    n = own.stop - own.start
    amounts = [store.columns[a][own].astype(float) for a in store.schema.amounts]
    found = [n]
    for a in amounts:
        found += [a.sum(), a.mean(), a.std(), a.min(), a.max()] if n else [0] * 5
    for name, codes in store.schema.categories.items():
        values = store.columns[name][own]
        found.append(len(set(values.tolist())))
        found += [np.count_nonzero(values == c) / max(n, 1) for c in range(1, codes)]
        for a in amounts:
            found += [a[values == c].sum() for c in range(1, codes)]
    return found


def test_aggregates_equal_the_plain_way_in_chunks(tiny_store, monkeypatch):
    monkeypatch.setattr("coles_ops.representations.aggregates._CHUNK_EVENTS", 150)
    describe = Aggregates().describe(tiny_store, Embedding(), "cpu")
    for rows in (np.arange(60), np.arange(0, 60, 3), np.array([0])):
        expected = np.array([plain(tiny_store, client) for client in rows])
        np.testing.assert_allclose(describe(rows), expected, rtol=1e-4, atol=1e-4)
