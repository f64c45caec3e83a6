"""Nothing at or after a client's cut is counted, coded or described."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import purchases, write_world

from coles_ops.artefacts.rows import Rows
from coles_ops.config import Embedding
from coles_ops.datasets.synthetic import Synthetic
from coles_ops.preprocess import preprocess_events, read_rows, split_clients
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.preprocess.cuts import Cuts
from coles_ops.preprocess.split import assign_parts
from coles_ops.representations.aggregates import Aggregates
from coles_ops.run import Run, open_run
from coles_ops.schema import DataError
from coles_ops.store import EventStore
from expectations import validate_raw

SECOND = 1_000_000


def churn(clients: int = 300, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchases of a year at an even rate that simply stop at churn; the others' labels are of days as likely."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(clients), 100)
    when = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.random(len(owner)) * 365, unit="D").floor("s")
    known = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.uniform(150, 300, clients), unit="D").floor("s")
    churned = np.arange(clients) % 2
    stopped = (churned[owner] == 1) & (when >= known[owner])
    names = np.array([f"c{i:03d}" for i in range(clients)])
    columns = {"who": names[owner], "when": when, "mcc": rng.choice(list("abc"), len(owner)), "city": "x", "paid": 1.5}
    return pd.DataFrame(columns)[~stopped], pd.DataFrame({"who": names, "label": churned, "known": known})


def run_of(folder, events, people, **dataset) -> Run:
    config = write_world(folder, events, people, validation={"max_labels_without_events": 0.2})
    return open_run(config.model_copy(update={"dataset": config.dataset.model_copy(update=dataset)}))


def auc_of_aggregates(run: Run, folder: Path) -> float:
    rows = read_rows(run)
    clients = assign_parts(rows.clients.merge(rows.targets, on="client_id"), run.config.evaluation.protocol)
    write_arrays(folder, rows, clients, run.config)
    store = EventStore(folder)
    features = Aggregates().describe(store, Embedding(), "cpu")(np.arange(len(store.ids)))
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
    return cross_val_score(probe, features, store.labels, cv=5, scoring="roc_auc").mean()


@pytest.mark.spark
def test_purchases_that_stop_at_churn_tell_it_until_they_are_cut_there(spark, tmp_path):
    events, people = churn()
    assert auc_of_aggregates(run_of(tmp_path / "uncut", events, people), tmp_path / "whole") > 0.99
    cut = auc_of_aggregates(run_of(tmp_path / "cut", events, people, label_time="known"), tmp_path / "before")
    assert cut == pytest.approx(0.5, abs=0.1)


@pytest.mark.spark
def test_what_is_cut_is_counted_and_a_client_without_events_left_is_one_without_events(spark, tmp_path):
    events, people = purchases(clients=150)
    people["known"] = ["2024-04-01 12:00:00", None, "2024-03-01 00:00:00", *[None] * (len(people) - 3)]
    run = run_of(tmp_path / "w", events, people, label_time="known", cut=datetime(2024, 5, 1), cut_gap=1.0)
    rows = read_rows(run)
    cut = events.who.map(dict(zip(people.who, pd.to_datetime(people.known), strict=True)))
    late = events.when >= cut.fillna(pd.Timestamp("2024-05-01")) - pd.Timedelta(days=1)
    assert rows.clients.set_index("client_id").n_events.to_dict() == events[~late].who.value_counts().to_dict()
    assert rows.late.set_index("client_id").n_events.to_dict() == events[late].who.value_counts().to_dict()
    emptied = set(events.who) - set(events[~late].who)
    assert "c002" in emptied
    validation = validate_raw(run, rows)
    found = {"events": late.sum(), "clients": events[late].who.nunique(), "emptied": len(emptied)}
    assert validation.summary["cut"] == found
    store = preprocess_events(run, rows, split_clients(run, validation)).store
    assert set(store.ids) == set(events[~late].who)
    ends = dict(zip(store.ids, store.cuts, strict=True))
    assert ends["c000"] == pd.Timestamp("2024-03-31 12:00:00").timestamp() * SECOND
    assert ends["c003"] == pd.Timestamp("2024-04-30").timestamp() * SECOND
    assert (store.time[store.offsets[1:] - 1] < store.cuts).all()


def targets(*times: str | None) -> pd.DataFrame:
    column = pd.Series(pd.to_datetime(list(times), utc=True, format="ISO8601")).astype("datetime64[us, UTC]")
    return pd.DataFrame({"client_id": [f"c{i}" for i in range(len(times))], "label": "a", "cut": column})


def table(*rows: tuple[str | None, str | None, str | None]) -> pa.Table:
    """Rows as Spark leaves them: client, time, rule that is broken."""
    client, time, broken = zip(*rows, strict=True)
    instants = pa.array(pd.to_datetime(list(time), utc=True, format="ISO8601"), pa.timestamp("us", "UTC"))
    columns = {"client_id": pa.array(client, pa.string()).dictionary_encode(), "event_time": instants}
    return pa.table(columns | {"broken_rule": pa.array(broken, pa.string())})


def test_an_event_at_the_cut_is_late_and_one_a_microsecond_before_is_not():
    cuts = Cuts.of(Synthetic(cut=datetime(2024, 1, 1)), targets("2024-03-01", None))
    found = cuts.late(
        table(
            ("c0", "2024-02-29 23:59:59.999999", None), ("c0", "2024-03-01", None), ("c1", "2024-01-01", None),
            ("c1", "2023-12-31 23:59:59.999999", None), ("nobody", "2024-01-01", None), (None, "2025-01-01", "no id"),
            ("c0", None, "no time"), ("c0", "2030-01-01", "a time to come"),
        )
    )  # fmt: skip
    assert found.to_pylist() == [False, True, True, False, True, False, False, False]  # broken rows stay broken ones


def test_the_global_cut_is_on_the_clock_of_the_source_and_the_gap_is_taken_off():
    dataset = Synthetic(cut=datetime(2024, 7, 1), timezone="Europe/Moscow", cut_gap=0.5)
    found = Cuts.of(dataset, targets("2024-03-01", None)).by_client(pa.array(["c0", "c1", "c2"]))
    assert found.to_pylist() == [
        pd.Timestamp(text).timestamp() * SECOND for text in ("2024-02-29 12:00", "2024-06-30 09:00", "2024-06-30 09:00")
    ]


def test_without_cuts_nothing_is_late():
    cuts = Cuts.of(Synthetic(), targets(None, None))
    assert not cuts
    assert cuts.by_client(pa.array(["c0"])).to_pylist() == [None]


def test_labels_of_no_time_need_a_cut():
    with pytest.raises(DataError, match=r"1 of 2 labelled clients have no time of their label.*`cut: "):
        Cuts.of(Synthetic(), targets("2024-03-01", None))


def test_rows_of_targets_without_times_have_none(tmp_path):
    rows = Rows(path=tmp_path, fingerprint="")
    rows.write_targets(pa.table({"client_id": ["a"], "label": ["0"], "group_id": ["a"]}))
    assert rows.targets.cut.isna().all()
