import numpy as np
import pandas as pd
import pytest
from tables import purchases, tiny_run, write_world

from coles_ops.preprocess import read_rows
from coles_ops.preprocess.rules import mark_broken_rows, row_rules
from coles_ops.run import open_run
from coles_ops.schema import BROKEN, DataError
from expectations import GateFailedError, markdown_summary, validate_raw

pytestmark = pytest.mark.spark


def test_good_data_passes_and_is_found_again(spark, tmp_path):
    run = tiny_run(tmp_path / "w")
    artefact = validate_raw(run, read_rows(run))
    summary = artefact.summary
    assert all(line["success"] for line in summary["expectations"])
    assert summary["labels"] == {"0": 30, "1": 15}
    assert "| failed |" not in markdown_summary(summary)
    assert (artefact.docs / "index.html").stat().st_size > 1000
    clients = artefact.clients
    assert list(clients.columns) == ["client_id", "n_events", "label", "group_id", "cut"]
    assert clients.n_events.sum() == len(purchases()[0])
    assert not (run.path / "quarantine").exists()
    assert validate_raw(run, read_rows(run)).cached


def test_bad_rows_go_to_quarantine_with_their_reason(spark, tmp_path):
    events, people = purchases()
    events = events.astype({"when": str, "paid": object})
    events.loc[5, "when"] = "not a time"
    events.loc[6, "paid"] = "NaN"
    events.loc[7, "who"] = ""
    run = open_run(write_world(tmp_path / "w", events, people))
    artefact = validate_raw(run, read_rows(run))
    kept = pd.read_parquet(run.path / "quarantine")
    assert sorted(kept.reason) == [
        "not: client_id is given", "not: event_time is a time", "not: paid is finite",
    ]  # fmt: skip
    assert artefact.clients.n_events.sum() == len(events) - 3


def broken(name: str) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    events, people = purchases()
    sections: dict = {}
    if name == "too many bad rows":
        events = events.astype({"when": str})
        events.loc[:200, "when"] = "never"
    elif name == "out of range":
        sections = {"validation": {"time_max": "2024-03-05T00:00:00Z"}}
    elif name == "unknown value":
        sections = {"validation": {"known": {"mcc": ["a", "b"]}}}
    elif name == "too many values":
        sections = {"validation": {"max_categories": 4}}
    elif name == "too many nulls":
        events = events.assign(city=np.where(events.index % 2, None, "x"))
    elif name == "twice labelled":
        people = pd.concat([people, people.head(1), people.head(2).assign(label=[0, 0])])
    elif name == "strange label":
        people = people.assign(label=np.where(people.index == 1, 7, people.label))
        sections = {"dataset": {"classes": ["0", "1"]}}
    elif name == "label without events":
        people = pd.concat([people, pd.DataFrame({"who": ["ghost"], "label": [1]})])
    elif name == "short clients":
        sections = {"training": {"min_events": 50}}
    return events, people, sections


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("too many bad rows", r"events\.broken_rule.*201 of \d+ values.*event_time is a time.*max_quarantined"),
        ("out of range", r"events\.event_time: expect_column_values_to_be_between.*validation\.time_max"),
        ("unknown value", r"events\.broken_rule.*mcc is known"),
        ("too many values", r"events\.mcc: expect_column_unique_value_count.*observed 8.*max_categories"),
        ("too many nulls", r"events\.city: expect_column_values_to_not_be_null"),
        ("twice labelled", r"column 'label': clients have several labels: 'c001' \(0 and 1\)"),
        ("strange label", r"targets\.label: expect_column_values_to_be_in_set.*for example 7"),
        ("label without events", r"clients\.label_without_events.*1 of 46"),
        ("short clients", r"clients\.has_enough_events.*training\.min_events"),
    ],
)
def test_each_gate_stops_with_what_where_and_what_to_do(spark, tmp_path, name, message):
    events, people, sections = broken(name)
    run = open_run(write_world(tmp_path / "w", events, people, **sections))
    with pytest.raises(DataError, match=message) as error:
        validate_raw(run, read_rows(run))
    assert not (run.path / "validation").exists()
    is_gate = isinstance(error.value, GateFailedError)
    assert (run.path / "validation-failed" / "data_docs" / "index.html").exists() == is_gate
    assert not list(run.path.glob(".partial*"))


def test_a_missing_column_names_those_that_are_there(spark, tmp_path):
    events, people = purchases()
    run = open_run(write_world(tmp_path / "w", events.drop(columns="city"), people))
    with pytest.raises(DataError, match=r"events\.csv has no column 'city'; it has who, when, mcc, paid"):
        validate_raw(run, read_rows(run))


def test_every_row_is_good_or_bad(spark, tmp_path):
    config = tiny_run(tmp_path / "w", validation={"known": {"mcc": ["a", "b", "it's"]}}).config
    events, rules = config.dataset.events(spark), row_rules(config.dataset, config.validation)
    by_rule = [events.where(f"NOT ({rule})").count() for rule in rules.values()]
    judged = mark_broken_rows(events, rules)
    assert 0 < judged.where(f"{BROKEN} IS NOT NULL").count() == sum(by_rule) < judged.count() == events.count()
