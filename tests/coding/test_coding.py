"""Fit and apply give the store's bytes, today's bytes; a saved coding is the same coding or is refused."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import AMOUNTS, CATEGORIES, canonical, configuration, parts, write_rows

from coles_ops.artefacts import DamagedError
from coles_ops.coding import EventCoding, EventFeatures, Statistics, code_events, fit
from coles_ops.preprocess import arrays
from coles_ops.schema import DataError
from coles_ops.store import EventStore

BYTES = {  # type and values of each column, reals to two digits
    "city": "8edf399c67de4af5",
    "day": "b1016edcece38ee4",
    "fee": "0fd7852eee52cbf8",
    "gap": "b1e1dd447b28129f",
    "hour": "59007f9f9c0233b1",
    "mcc": "9489931102282d72",
    "month": "5d4a575fb4524f8d",
    "offsets": "4ee8f662583ab722",
    "paid": "d3c02b1b4f9e521e",
    "paid_missing": "5bdabf49ee6d45a3",
    "time": "f316db827851759d",
    "weekday": "6dda98aee641f600",
}
UNKNOWN = {"mcc": 24, "city": 0, "paid_missing": 0}


def store_of(folder, table, **preprocess) -> tuple[EventStore, EventCoding]:
    """As preprocessing writes it."""
    rows = write_rows(folder / "rows", table)
    coding, facts = arrays.write_arrays(folder / "store", rows, parts(table), configuration(**preprocess))
    assert (facts["events"], facts["unknown"].keys()) == (len(table), UNKNOWN.keys())
    return EventStore(folder / "store"), coding


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[pa.Table, EventStore, EventCoding]:
    table = canonical()
    return table, *store_of(tmp_path_factory.mktemp("world"), table)


def columns(events) -> dict[str, np.ndarray]:
    return {"time": events.time, "offsets": events.offsets, **events.columns}


def test_the_store_has_the_bytes_it_always_had(world):
    _, store, _ = world
    found = {}
    for name, column in columns(store).items():
        shown = np.round(column.astype(np.float64), 2) + 0.0 if column.dtype.kind == "f" else np.asarray(column)
        found[name] = hashlib.sha256(str(column.dtype).encode() + shown.tobytes()).hexdigest()[:16]
    assert found == BYTES


@pytest.mark.parametrize("shard", [4_000_000, 50])
def test_a_coding_applied_to_the_raw_rows_gives_the_store(world, tmp_path, monkeypatch, shard):
    monkeypatch.setattr(arrays, "_SHARD", shard)
    table = world[0]
    store, coding = store_of(tmp_path, table)
    shuffled = table.take(np.random.default_rng(1).permutation(len(table)))
    coded = code_events(coding, shuffled)
    assert coded.ids.tolist() == store.ids.tolist()
    assert (coded.schema.categories, coded.schema.amounts) == (store.schema.categories, store.schema.amounts)
    for name, column in columns(store).items():
        found = columns(coded)[name]
        assert (found.dtype, found.tobytes()) == (column.dtype, np.asarray(column).tobytes()), name
    assert list(coded.columns) == list(store.columns)
    assert coded.unknown == UNKNOWN
    assert (coded.n_events, coded.lengths.tolist()) == (store.n_events, store.lengths.tolist())


def test_a_sequence_orders_equal_times_in_the_store_and_in_memory_and_is_no_column_of_either(tmp_path):
    table = canonical()
    number = pa.array(np.random.default_rng(2).permutation(len(table)) / 3)
    table = table.append_column("sequence", number)
    store, coding = store_of(tmp_path, table, sequence="number")
    coded = code_events(coding, table.take(np.random.default_rng(1).permutation(len(table))))
    for name, column in columns(store).items():
        assert columns(coded)[name].tobytes() == np.asarray(column).tobytes(), name
    assert "sequence" not in store.columns
    assert not (tmp_path / "store" / "columns" / "sequence.npy").exists()
    events = table.to_pandas().sort_values(["client_id", "event_time", "sequence"])
    assert np.array_equal(store.columns["paid_missing"], 1 + (events.paid_missing == "yes"))


def test_some_clients_alone_are_coded_as_among_all(world):
    table, store, coding = world
    some = table.filter(pa.compute.is_in(table["client_id"], pa.array(["c7", "c21"])))
    coded = code_events(coding, some)
    assert coded.ids.tolist() == ["c21", "c7"]
    rows = [store.ids.tolist().index(client) for client in coded.ids]
    for name, column in store.columns.items():
        expected = [column[store.offsets[row] : store.offsets[row + 1]] for row in rows]
        assert np.array_equal(coded.columns[name], np.concatenate(expected)), name


def test_a_frame_of_pandas_is_coded_like_a_table(world):
    table, _, coding = world
    frame = table.to_pandas()
    frame["paid"] = frame.paid.where(frame.paid_missing == "no")
    frame = frame.drop(columns="paid_missing").astype({"event_time": "datetime64[ns, UTC]", "city": "category"})
    coded, expected = code_events(coding, frame), code_events(coding, table)
    for name, column in columns(expected).items():
        assert np.array_equal(columns(coded)[name], column), name
    naive = frame.assign(event_time=frame.event_time.dt.tz_localize(None))
    assert np.array_equal(code_events(coding, naive).time, expected.time)


def test_what_was_never_seen_is_unknown_and_counted(world):
    table, _, coding = world
    events = table.slice(0, 3).set_column(2, "mcc", pa.array(["new", "1", None]))
    coded = code_events(coding, events)
    assert coded.unknown == {"mcc": 1, "city": 0, "paid_missing": 0}
    assert np.count_nonzero(coded.columns["mcc"] == coding.unknown_code("mcc")) == 1
    assert code_events(coding, table.slice(0, 0)).n_events == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["fee", "mcc"]), "the events lack mcc, fee; they have client_id"),
        (lambda t: t.set_column(0, "client_id", pa.array(["a", " ", "b"])), "client_id is missing"),
        (lambda t: t.set_column(0, "client_id", pa.array(["a", None, "b"])), "client_id is missing"),
        (lambda t: t.set_column(1, "event_time", pa.array(["2024"] * 3)), "event_time must be a timestamp"),
        (lambda t: t.set_column(1, "event_time", pa.array([1, None, 2], pa.timestamp("s"))), "missing in 1 of 3"),
        (lambda t: t.set_column(2, "mcc", pa.array([1.5, 2.0, 3.0])), "mcc must be text"),
        (lambda t: t.set_column(5, "paid", pa.array(["1", "2", "3"])), "paid must be a number"),
        (lambda t: t.set_column(5, "paid", pa.array([1.0, float("inf"), None])), "paid is no finite number in 1 of 3"),
        (lambda t: t.set_column(6, "fee", pa.array([1.0, float("nan"), None])), "fee is no finite number in 2 of 3"),
    ],
)
def test_events_that_cannot_be_coded_are_refused_by_name(world, change, message):
    table, _, coding = world
    with pytest.raises(DataError, match=message):
        code_events(coding, change(table.slice(0, 3)))


def test_a_coding_is_saved_with_its_hash_and_loaded_as_it_was(world, tmp_path):
    _, _, coding = world
    coding.save(tmp_path)
    assert EventCoding.load(tmp_path) == coding
    assert EventCoding.load(tmp_path).hash == coding.hash
    found = json.loads((tmp_path / "coding.json").read_text())
    found["coding"]["vocabulary"]["city"].reverse()
    (tmp_path / "coding.json").write_text(json.dumps(found))
    with pytest.raises(DamagedError, match=r"coding\.json cannot be read, it is damaged.*its hash is"):
        EventCoding.load(tmp_path)


def test_a_column_that_is_constant_in_training_is_centred_and_not_scaled(tmp_path):
    table = canonical()
    split = parts(table).set_index("client_id").part
    test = table["client_id"].to_pandas().map(split) == "score"
    fee = np.where(test, np.linspace(0, 1e6, len(table)), 123.45)
    table = table.set_column(table.column_names.index("fee"), "fee", pa.array(fee))
    store, coding = store_of(tmp_path, table)
    assert coding.scalers["fee"].deviation == 1
    assert np.abs(store.columns["fee"]).max() < 20


small = st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=50)


@given(small)
def test_moments_of_shards_add_up_to_the_scaler_of_all(values):
    features = EventFeatures(categories=(), amounts=("a",))
    column = {"a": np.array(values, dtype=np.float32)}
    halves = [np.arange(len(values)) % 2 == side for side in (0, 1)]
    one, other = (Statistics.of(column, half, {}, features) for half in halves)
    scaler = fit(features, {}, one + other).scalers["a"]
    exact = column["a"].astype(float)
    assert scaler.mean == pytest.approx(exact.mean(), abs=1e-9)
    assert scaler.deviation == pytest.approx(exact.std(), abs=1e-4) or exact.std() < 2e-4


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.integers(1, 4), st.none() | st.integers(2, 10))
@settings(max_examples=50)
def test_codes_follow_frequency_then_value(counts, least, most):
    values = pa.array([f"{i:02d}" for i in range(len(counts))])
    features = EventFeatures(categories=("c",), amounts=())
    coding = fit(features, {"c": values}, Statistics({"c": np.array(counts)}, {}), least, most)
    texts = values.to_pylist()
    ranked = sorted((v for v, n in zip(texts, counts, strict=True) if n >= least), key=lambda v: -counts[int(v)])
    vocabulary = coding.vocabulary["c"]
    assert vocabulary == tuple(ranked[:most])
    expected = [vocabulary.index(v) + 1 if v in vocabulary else len(vocabulary) + 1 for v in texts]
    assert coding.codes("c", values).tolist() == expected


@pytest.mark.parametrize("name", ["hour", "gap", "time", "row", "paid"])
def test_two_columns_of_an_event_cannot_have_one_name(name):
    with pytest.raises(ValueError, match=f"{name} names two columns of an event"):
        EventFeatures(categories=(name,), amounts=("paid",), calendar=("hour",), gap=True)


def test_the_features_of_a_configuration_are_those_of_its_columns():
    features = arrays.event_features(configuration())
    assert features.categories == CATEGORIES
    assert features.amounts == AMOUNTS
    assert features.missing == {"paid": "paid_missing"}
    assert features.reals == ("paid", "fee", "gap")
