import numpy as np
import pyarrow.parquet as pq
import pytest

from coles_ops.artefacts.evaluation import write_features
from coles_ops.config import Embedding, Evaluation, Training
from coles_ops.embedding import save_encoder
from coles_ops.embedding.reader import open_reader
from coles_ops.representations import REPRESENTATIONS, Featurizer, TrainedEncoder
from coles_ops.training import Trainer

SPEC = Training(encoder={"name": "gru", "size": 8}, min_events=5, batch_size=8)


@pytest.fixture
def winner(tiny_store, tmp_path) -> TrainedEncoder:
    file = tmp_path / "encoder.pt"
    save_encoder(file, Trainer(tiny_store, SPEC).model, tiny_store.schema)
    return TrainedEncoder(id="t", name="t", training=SPEC, spec="s", file=file)


@pytest.fixture(params=REPRESENTATIONS.names())
def representation(request, winner):
    return REPRESENTATIONS.get(request.param).beside(winner, Evaluation()) or winner


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
    assert representation.describe(tiny_store, Embedding(max_events=50), "cpu").truncated == long
    windows = Embedding(max_events=50, long_histories="windows")
    assert representation.describe(tiny_store, windows, "cpu").truncated == 0


def test_of_long_histories_no_representation_reads_more_than_another(tiny_store, representation):
    long = np.flatnonzero(tiny_store.lengths > 50)
    last = representation.describe(tiny_store, Embedding(max_events=50), "cpu")(long)
    for column in (tiny_store.time, *tiny_store.columns.values()):
        for start, length in zip(tiny_store.offsets[long], tiny_store.lengths[long], strict=True):
            column[start : start + length - 50] = 1  # in memory alone: the file is mapped copy-on-write
    open_reader.cache_clear()
    again = representation.describe(tiny_store, Embedding(max_events=50), "cpu")(long)
    assert np.array_equal(again, last)
    whole = representation.describe(tiny_store, Embedding(), "cpu")(long)
    assert not np.array_equal(whole, last)


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
