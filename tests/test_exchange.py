import numpy as np
import pytest
import torch

from coles_ops.exchange import from_ptls, to_ptls
from coles_ops.schema import DataError, Part


def test_a_store_seen_by_ptls_and_taken_back_is_the_same(tiny_store, tmp_path):
    view = to_ptls(tiny_store)
    back = from_ptls(view, tmp_path / "back", "client_id", "target_label", classes=[0, 1])
    assert back.offsets.tolist() == tiny_store.offsets.tolist()
    assert back.ids.tolist() == tiny_store.ids.tolist()
    assert back.labels.tolist() == tiny_store.labels.tolist()
    assert back.schema.amounts == tiny_store.schema.amounts
    assert np.array_equal(back.time, tiny_store.time)
    for name, column in tiny_store.columns.items():
        assert np.array_equal(back.columns[name], column)
        assert back.columns[name].dtype == column.dtype


def test_amounts_are_the_stores_own_memory(tiny_store):
    (record,) = to_ptls(tiny_store)[2:3]
    start = tiny_store.offsets[2]
    assert record["amount"].data_ptr() == tiny_store.columns["amount"][start:].ctypes.data
    assert len(record["amount"]) == 300


def test_parts_choose_clients(tiny_store):
    view = to_ptls(tiny_store, Part.SCORE)
    assert [record["client_id"] for record in view] == tiny_store.ids[tiny_store.rows(Part.SCORE)].tolist()


def test_features_called_like_files_of_a_store_are_columns(tmp_path):
    events = {name: np.arange(1, 4) for name in ("offsets", "time", "clients", "store", "event_time")}
    store = from_ptls([{"who": "a", **events}], tmp_path / "store", "who")
    assert store.lengths.tolist() == [3]
    assert store.time.tolist() == [1_000_000, 2_000_000, 3_000_000]
    assert all(store.columns[name].tolist() == [1, 2, 3] for name in ("offsets", "time", "clients", "store"))


def test_ptls_trains_on_it(tiny_store):
    from ptls.frames.coles import ColesDataset
    from ptls.frames.coles.split_strategy import SampleSlices

    data = ColesDataset(to_ptls(tiny_store)[2:10], SampleSlices(split_count=3, cnt_min=5, cnt_max=20))
    batch, owner = data.collate_fn([data[i] for i in range(len(data))])
    assert len(owner) == 24
    assert batch.payload["mcc"].shape == (24, int(batch.seq_lens.max()))
    assert batch.payload["amount"].dtype == torch.float32


def record(**change) -> dict:
    return {"who": "a", "event_time": np.array([1, 2]), "code": np.array([1, 2]), "paid": np.array([0.5, 1.0])} | change


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "no records"),
        ([{"event_time": np.array([1])}], "record 0 lacks 'who'"),
        ([record(code=np.array([1]))], "client 'a': code must be as long as event_time"),
        ([record(), record(who="b", event_time=np.array([5, 4]))], "client 'b' are not in time order"),
    ],
)
def test_what_cannot_be_a_store_is_said_and_leaves_nothing(tmp_path, records, message):
    with pytest.raises(DataError, match=message):
        from_ptls(records, tmp_path / "store", "who")
    assert not list(tmp_path.iterdir())
