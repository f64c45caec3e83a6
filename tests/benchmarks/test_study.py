"""The study made again: both ways of scoring read the same encoders, and the page says which figure is whose."""

import numpy as np
import pytest
from evaluations import evaluated_by

from benchmarks import study_tables
from benchmarks.study_plot import draw
from benchmarks.study_records import NO_CATEGORIES, record_of
from coles_ops.report import published

PROBES = [{"name": "catboost", "trees": 60, "depth": 3, "bins": 16}]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Of a real run with the base alone."""
    folder = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLES_HOME", str(folder / "home"))
        run, *_ = evaluated_by({"name": "study"}, PROBES, folder / "home", folder, size=64)
        run.record_stage("evaluate", seconds=60.0, peak_mb=1024.0)
        return {"table": "transactions", "title": "t", "command": "again"} | record_of(run)


def test_both_protocols_score_the_same_encoders_on_the_same_clients(record):
    rows = {row["kind"]: row for row in record["rows"]}
    assert set(rows) == {"coles", "aggregates", "random_encoder", NO_CATEGORIES}
    assert rows["coles"].items() >= {"encoder": "gru", "sampler": "sample_slices", "size": 64}.items()
    for row in rows.values():
        here, leaky = row["here"], row["as_published"]
        assert leaky["precision"] == leaky["recall"]  # arguments swapped
        assert here["roc_auc_low"] <= here["roc_auc"] <= here["roc_auc_high"]
    flattered = [row["as_published"]["roc_auc"] - row["here"]["roc_auc"] for row in rows.values()]
    assert np.mean(flattered) > 0  # trees counted by those who are scored
    ahead = rows["coles"]["ahead"]["aggregates"]
    assert ahead[0] == pytest.approx(rows["coles"]["here"]["roc_auc"] - rows["aggregates"]["here"]["roc_auc"])
    assert ahead[1] < ahead[0] < ahead[2]
    assert record["chosen"]["roc_auc"] == pytest.approx(rows["coles"]["here"]["roc_auc"])  # the only one


def test_precision_follows_from_f1_and_recall():
    right, wrong, missed = 30, 10, 20
    f1, recall = 2 * right / (2 * right + wrong + missed), right / (right + missed)
    assert study_tables.precision(f1, recall) == pytest.approx(right / (right + wrong))
    f1, _, recall, accuracy = published.STUDY["clickstream"]["CoLES 256"]
    assert study_tables.precision(f1, recall) == pytest.approx(accuracy, abs=2e-4)  # everyone was called positive


def made(size: int, encoder: str, here: float, leaky: float) -> dict:
    """A row as a record has it."""
    scores = dict.fromkeys(("f1", "recall", "precision", "accuracy"), 0.5)
    return {
        "row": f"{encoder}-{size}", "kind": "coles", "encoder": encoder, "sampler": "sample_slices", "size": size,
        "here": scores | {"roc_auc": here, "roc_auc_low": here - 0.05, "roc_auc_high": here + 0.05},
        "as_published": scores | {"roc_auc": leaky}, "ahead": {"base": [here - 0.6, -0.01, 0.03]},
    }  # fmt: skip


def test_one_thing_at_a_time_stands_beside_what_was_published(record, tmp_path):
    rows = [made(64, "gru", 0.6, 0.62), made(512, "gru", 0.615, 0.6165), made(64, "lstm", 0.59, 0.61)]
    records = {"a": record | {"rows": rows}}
    by_size = study_tables.section("figure_3", records).splitlines()[2:]
    assert by_size == [
        "| transactions, 64 (base) | 0.761 | 0.620 | 0.600 [0.550, 0.650] | +0.020 |  |  |",
        "| transactions, 512 | 0.766 | 0.617 | 0.615 [0.565, 0.665] | +0.002 | +0.005 | +0.015 [-0.010, +0.030] |",
    ]
    assert [line.split(" | ")[0] for line in study_tables.section("table_10", records).splitlines()[2:]] == [
        "| transactions, gru (base)", "| transactions, lstm",
    ]  # fmt: skip
    draw(records, tmp_path / "study.svg")
    drawn = (tmp_path / "study.svg").read_text()
    assert "as published, here" in drawn
    draw(records, tmp_path / "again.svg")
    assert drawn == (tmp_path / "again.svg").read_text()


def test_the_grid_has_a_line_a_size_and_says_what_lacks(record):
    rows = [made(64, "gru", 0.6, 0.62), made(512, "lstm", 0.615, 0.6165)]
    assert study_tables.section("grid", {"a": record | {"rows": rows}}).splitlines()[2:] == [
        "| transactions, 64 | 0.600 |  |  |  |  |  |",
        "| transactions, 512 |  |  |  | 0.615 |  |  |",
    ]


def test_every_mark_of_the_page_has_a_table(record):
    records = {"a": record}
    assert "0.800 |" in study_tables.section("table_12", records)  # published of aggregates
    assert "64 numbers: F1" in study_tables.section("table_13", records)
    assert "aggregates without categories" in study_tables.section("defects", records)
    assert "took 1 minutes" in study_tables.section("setting", records)
    assert study_tables.section("table_9", {}) == ""
