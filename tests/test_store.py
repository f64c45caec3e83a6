import os

import numpy as np
import pytest

from coles_ops.artefacts import DamagedError
from coles_ops.schema import Part
from coles_ops.store import code_type


def test_a_store_is_flat_typed_and_memory_mapped(tiny_store):
    assert tiny_store.lengths[:3].tolist() == [0, 1, 300]
    assert tiny_store.n_events == tiny_store.lengths.sum() == len(tiny_store.time)
    assert all(isinstance(column, np.memmap) for column in tiny_store.columns.values())
    assert list(tiny_store.columns) == ["mcc", "hour", "amount", "gap"]
    assert tiny_store.columns["mcc"].dtype == np.uint8


def test_events_of_a_client_are_in_time_order(tiny_store):
    for start, end in zip(tiny_store.offsets[:-1], tiny_store.offsets[1:], strict=True):
        assert np.all(np.diff(tiny_store.time[start:end]) > 0)


def test_rows_choose_by_part_and_length(tiny_store):
    train = tiny_store.rows(Part.TRAIN, min_events=25)
    assert len(train)
    assert (tiny_store.clients["part"].iloc[train] == "train").all()
    assert (tiny_store.lengths[train] >= 25).all()
    parts = [tiny_store.rows(part) for part in Part]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(60))
    assert (tiny_store.labels[tiny_store.rows(Part.PRETRAIN)] == -1).all()


@pytest.mark.parametrize(
    ("codes", "expected"),
    [(2, np.uint8), (256, np.uint8), (257, np.uint16), (65_536, np.uint16), (65_537, np.uint32)],
)
def test_codes_take_the_smallest_type(codes, expected):
    assert code_type(codes) is expected


@pytest.mark.parametrize("name", ["time.npy", "columns/mcc.npy", "offsets.npy", "clients.parquet", "store.json"])
def test_a_file_that_was_cut_is_named(tiny_store, name):
    file = tiny_store.path / name
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(DamagedError, match=f"{file} cannot be read"):
        [getattr(tiny_store, part) for part in ("time", "columns", "offsets", "clients")]
