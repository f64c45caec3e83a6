import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tables import purchases, tiny_run, write_world

from coles_ops.artefacts.events import Events
from coles_ops.artefacts.split import ClientSplit
from coles_ops.preprocess import preprocess_events, read_rows, split_clients
from coles_ops.preprocess.leaks import Tell
from coles_ops.preprocess.split import assign_parts
from coles_ops.run import open_run
from coles_ops.store import EventStore
from coles_ops.targets import Number
from expectations import validate_raw
from tasks import shown

pytestmark = pytest.mark.spark


def prepared(run) -> Events:
    rows = read_rows(run)
    return preprocess_events(run, rows, split_clients(run, validate_raw(run, rows)))


def digests(events: Events) -> dict[str, str]:
    files = sorted(file for file in events.store_path.rglob("*") if file.is_file())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def forced_split(folder: Path, clients: pd.DataFrame) -> ClientSplit:
    """Parts as a test wants them."""
    folder.mkdir()
    split = ClientSplit(path=folder, fingerprint=folder.name)
    split.write(clients)
    return split


@pytest.fixture
def store(spark, tmp_path) -> EventStore:
    return prepared(tiny_run(tmp_path / "world")).store


def test_codes_and_order_equal_those_of_ptls(spark, tmp_path):
    """With all clients in training, and but for equal frequencies, which ptls orders by chance."""
    from ptls.preprocessing import PandasDataPreprocessor

    events, people = purchases()
    events = events.assign(city=events.city.fillna("nan"))
    run = open_run(write_world(tmp_path / "w", events, people))
    rows = read_rows(run)
    split = split_clients(run, validate_raw(run, rows))
    forced = forced_split(tmp_path / "forced", split.clients.assign(part="train"))
    store = preprocess_events(run, rows, forced).store
    stock = PandasDataPreprocessor(
        col_id="who", col_event_time="when", event_time_transformation="dt_to_timestamp",
        cols_category=["mcc", "city"], cols_numerical=["paid"], return_records=True,
    ).fit_transform(events)  # fmt: skip
    for i, record in enumerate(sorted(stock, key=lambda r: r["who"])):
        own = slice(store.offsets[i], store.offsets[i + 1])
        assert np.array_equal(store.time[own] // 1_000_000, np.asarray(record["event_time"]))
        if len(np.unique(store.time[own])) == len(store.time[own]):  # of equal times ptls keeps the file's order
            assert np.array_equal(store.columns["mcc"][own], np.asarray(record["mcc"]))
            assert np.array_equal(store.columns["city"][own], np.asarray(record["city"]))


def test_the_store_holds_all_clients_typed_and_scaled(store):
    assert len(store.lengths) == 60
    assert store.lengths.tolist()[:2] == [1, 300]
    assert store.schema.categories == {"mcc": 10, "city": 6, "hour": 25, "weekday": 8}
    assert store.schema.amounts == ("paid", "gap")
    assert set(store.schema.identity) == set(store.schema.categories)
    assert store.labels.tolist()[:5] == [0, 1, 0, -1, 0]
    fits = np.repeat(store.clients["part"].isin(["train", "pretrain"]), store.lengths)
    for name in store.schema.amounts:
        assert store.columns[name][fits].mean() == pytest.approx(0, abs=1e-4)
        assert store.columns[name][fits].std() == pytest.approx(1, abs=1e-3)
    for codes, n in store.schema.categories.items():
        assert store.columns[codes].min() >= 1
        assert store.columns[codes].max() < n


def test_numbers_to_be_predicted_come_from_their_files_into_store_and_parts(spark, tmp_path):
    events, people = purchases(clients=120)
    label = np.random.default_rng(0).gamma(1, size=len(people))
    run = open_run(write_world(tmp_path / "w", events, people.assign(label=label), dataset={"label_kind": "number"}))
    rows = read_rows(run)
    everybody = rows.clients.merge(rows.targets, on="client_id", how="left")
    parts = assign_parts(everybody, run.config.evaluation.protocol, run.config.dataset.predicts)
    split = forced_split(tmp_path / "forced", parts)
    store = preprocess_events(run, rows, split).store
    assert store.schema.target == Number()
    found = dict(zip(store.ids, store.labels, strict=True))
    assert {who: found[who] for who in people.who} == dict(zip(people.who, label, strict=True))
    assert np.isnan([value for who, value in found.items() if who not in set(people.who)]).all()
    tells = [Tell.model_validate(tell) for tell in Events.among(run.store_folders).facts["tells"]]
    assert {(tell.label, tell.measure) for tell in tells} == {(None, "Spearman correlation")}
    head, _, *lines = shown.split(run, split).splitlines()
    assert [cell.strip() for cell in head.strip("|").split("|")][:3] == ["part", "clients", "mean"]
    assert len(lines) == split.clients.part.nunique()


def test_the_order_of_rows_and_files_changes_no_byte(spark, tmp_path):
    events, people = purchases()
    one = prepared(open_run(write_world(tmp_path / "a", events, people)))
    shuffled, people = events.sample(frac=1, random_state=3), people.sample(frac=1, random_state=4)
    parts = tmp_path / "parts"
    parts.mkdir()
    for i, part in enumerate((shuffled[1500:], shuffled[:100], shuffled[100:1500])):
        part.to_csv(parts / f"{i}.csv", index=False)
    other = prepared(open_run(write_world(tmp_path / "b", events, people, dataset={"events": str(parts)})))
    assert one.path != other.path
    assert digests(one) == digests(other)


def test_a_test_client_shapes_no_statistic(spark, tmp_path):
    events, people = purchases()
    run = open_run(write_world(tmp_path / "a", events, people))
    one = prepared(run)
    clients = one.store.clients
    chosen = clients[clients.part == "score"].client_id.iloc[0]
    strange = events.assign(
        mcc=events.mcc.where(events.who != chosen, "never seen"), paid=events.paid.where(events.who != chosen, 1e6)
    )
    other = prepared(open_run(write_world(tmp_path / "b", strange, people)))
    assert one.coding == other.coding
    before, after = one.store, other.store
    theirs = np.repeat(clients.client_id == chosen, before.lengths)
    for name in before.columns:
        assert np.array_equal(before.columns[name][~theirs], after.columns[name][~theirs])
    assert set(after.columns["mcc"][theirs]) == {9}  # the unknown code, after padding and eight known ones
    assert other.facts["unknown"]["mcc"] == theirs.sum()


def test_labels_of_test_clients_reach_nothing_but_the_label_column(spark, tmp_path):
    run = tiny_run(tmp_path / "w")
    rows = read_rows(run)
    split = split_clients(run, validate_raw(run, rows))
    one = preprocess_events(run, rows, split)
    clients = split.clients
    test = clients.part == "score"
    clients.loc[test, "label"] = clients.loc[test, "label"].to_numpy()[::-1]
    other = preprocess_events(run, rows, forced_split(tmp_path / "permuted", clients))
    changed = {name for name, digest in digests(one).items() if digests(other)[name] != digest}
    assert changed <= {"clients.parquet"}


def test_hours_are_those_of_the_clock_on_the_wall(spark, tmp_path):
    events, people = purchases()
    events = events.assign(when=pd.Timestamp("2024-03-01 23:30:00"))
    config = write_world(tmp_path / "w", events, people, dataset={**_dataset(tmp_path), "timezone": "Asia/Tokyo"})
    store = prepared(open_run(config)).store
    assert set(store.columns["hour"]) == {24}
    assert pd.Timestamp(store.time[0], unit="us") == pd.Timestamp("2024-03-01 14:30:00")


def _dataset(tmp_path) -> dict:
    return write_world(tmp_path / "w", *purchases()).model_dump(mode="json")["dataset"]


def test_what_is_done_is_found(spark, tmp_path):
    run = tiny_run(tmp_path / "w")
    assert not prepared(run).cached
    assert prepared(run).cached


def test_reasons_hold_no_text_of_a_row_which_stands_beside_the_row_alone(tmp_path):
    config = write_world(tmp_path / "w", *purchases())
    with Path(config.dataset.events_path).open("a") as file:
        file.write("secret1,2024-01-01,5411,here,5,9\nsecret2,2024-01-01,5411,here,5,9\n")
    rows = read_rows(open_run(config))
    assert rows.reasons == {"it has 6 fields and not 5": 2}
    told = pa.concat_tables(rows.broken())["reason"].to_pylist()
    assert sorted(told) == [
        f"it has 6 fields and not 5, in the row 'secret{n},2024-01-01,5411,here,5,9'" for n in (1, 2)
    ]


def test_the_marks_of_amounts_are_those_of_the_training(tmp_path):
    events, people = purchases()
    events["paid"] = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in events.paid * 1000]
    config = write_world(tmp_path / "w", events, people)
    assert read_rows(open_run(config)).dataset["csv"]["marks"] == {"paid": [",", "."]}
