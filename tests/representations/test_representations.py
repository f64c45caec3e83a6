import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from coles_ops.artefacts.embeddings import write_features
from coles_ops.config import Embedding, Training
from coles_ops.embedding import save_encoder
from coles_ops.embedding.reader import open_reader
from coles_ops.factors import Factor
from coles_ops.listed import LISTED
from coles_ops.representations import (
    REPRESENTATIONS,
    Aggregates,
    Described,
    Factored,
    Featurizer,
    Permuted,
    RandomEncoder,
    TrainedEncoder,
)
from coles_ops.schema import Part
from coles_ops.training import Trainer

SPEC = Training(encoder={"name": "gru", "size": 8}, min_events=5, batch_size=8)


@pytest.fixture
def winner(tiny_store, tmp_path) -> TrainedEncoder:
    file = tmp_path / "encoder.pt"
    save_encoder(file, Trainer(tiny_store, SPEC).model, tiny_store.schema)
    return TrainedEncoder(id="t", name="t", training=SPEC, spec="s", file=file)


BESIDE = [
    name
    for name in REPRESENTATIONS.names()
    if issubclass(REPRESENTATIONS.get(name), Described) and name != Factored.kind()
]
FACTORS = [name for name in LISTED.names() if issubclass(LISTED.get(name), Factor)]


@pytest.fixture(params=[*BESIDE, *FACTORS, "topics-lsa", "topics-ppmi"])
def representation(request, winner):
    if request.param in BESIDE:
        made = [winner, RandomEncoder.twin(winner), Aggregates(), Permuted()]
        return {each.kind(): each for each in made}[request.param]
    name, _, method = request.param.partition("-")
    options = LISTED.get(name)(**({"method": method} if method else {}))
    return Factored(id=request.param, name=name, options=options)


def described(representation, store, rows=None, **embedding) -> np.ndarray:
    """(R, F) of some clients of a store, dense."""
    describe = representation.describe(store, Embedding(**embedding), "cpu")
    features = describe(np.arange(len(store.lengths)) if rows is None else rows)
    return features.toarray() if sparse.issparse(features) else features


def test_every_client_is_described_alike_wherever_it_stands(tiny_store, representation, monkeypatch):
    features = described(representation, tiny_store)
    assert (features.shape[0], features.dtype) == (60, np.float32)
    assert np.isfinite(features).all()
    assert not features[0].any()  # no events
    assert features[1].any()
    assert np.array_equal(features, described(representation, tiny_store))
    some = np.array([1, 2, 7, 30, 59])
    np.testing.assert_allclose(described(representation, tiny_store, some), features[some], atol=1e-6)
    monkeypatch.setattr("coles_ops.aggregates.histories._CHUNK_CLIENTS", 7)
    np.testing.assert_allclose(described(representation, tiny_store), features, atol=1e-4)


def test_clients_that_are_not_read_whole_are_counted(tiny_store, representation):
    long = int(np.count_nonzero(tiny_store.lengths > 50))
    assert representation.describe(tiny_store, Embedding(max_events=50), "cpu").truncated == long
    windows = Embedding(max_events=50, long_histories="windows")
    assert representation.describe(tiny_store, windows, "cpu").truncated == 0


def test_of_long_histories_no_representation_reads_more_than_another(tiny_store, representation):
    long = np.flatnonzero(tiny_store.lengths > 50)
    last = described(representation, tiny_store, long, max_events=50)
    for column in (tiny_store.time, *tiny_store.columns.values()):
        for start, length in zip(tiny_store.offsets[long], tiny_store.lengths[long], strict=True):
            column[start : start + length - 50] = 1  # in memory alone: the file is mapped copy-on-write
    open_reader.cache_clear()
    assert np.array_equal(described(representation, tiny_store, long, max_events=50), last)
    whole = described(representation, tiny_store, long)
    assert whole.shape != last.shape or not np.array_equal(whole, last)


def test_what_a_scored_client_does_changes_the_features_of_no_other(tiny_store, representation):
    before = described(representation, tiny_store)
    scored = tiny_store.rows(Part.SCORE, Part.TUNE)
    for column in tiny_store.columns.values():
        for start, end in zip(tiny_store.offsets[scored], tiny_store.offsets[scored + 1], strict=True):
            column[start:end] = 1
    open_reader.cache_clear()
    after, others = described(representation, tiny_store), np.setdiff1d(np.arange(60), scored)
    np.testing.assert_allclose(after[others], before[others], atol=1e-6)
    assert not np.array_equal(after[scored], before[scored])


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


def test_sparse_features_are_written_as_lists_and_read_back(tiny_store, tmp_path):
    describe = Factored(id="counts", name="counts", options=LISTED.get("counts")()).describe(
        tiny_store, Embedding(), "cpu"
    )
    rows = np.arange(60)
    write_features(tmp_path / "e.parquet", ((tiny_store.ids[block], f) for block, f in describe.blocks(rows)))
    table, features = pq.read_table(tmp_path / "e.parquet").to_pandas(), describe(rows)
    assert table.client_id.tolist() == tiny_store.ids.tolist()
    owner = np.repeat(rows, table.e_columns.map(len))
    found = sparse.csr_matrix(
        (np.concatenate(table.e_values), (owner, np.concatenate(table.e_columns))), features.shape
    )
    assert (found != features).nnz == 0
