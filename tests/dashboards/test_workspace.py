"""The workspace of W&B is built without a login, and draws what the tracker writes."""

import json

import pytest
from evaluations import finished_evaluation
from specs import spec_of
from tables import tiny_run

from coles_ops.config import dotted
from coles_ops.dashboards.views import VIEWS
from coles_ops.dashboards.workspace import build_workspace
from coles_ops.tracking.records import row_records, trial_records


@pytest.fixture
def sections():
    spec = spec_of(build_workspace("team", "coles"))
    json.dumps(spec)
    return spec["section"]["panelBankConfig"]["sections"]


def named(sections) -> tuple[set[str], set[str]]:
    """Keys of summary or history, and of the configuration, that panels ask for."""
    summary, config = set(), set()

    def add(accessor: str) -> None:
        section, _, key = accessor.partition(":")
        if section == "config":
            config.add(key.replace(".value", "", 1))
        elif section == "summary":
            summary.add(key)
        elif section != "run":
            summary.add(accessor)

    for section in sections:
        for panel in section["panels"]:
            told = panel["config"]
            for accessor in told.get("metrics", []) + [c["accessor"] for c in told.get("columns", [])]:
                add(accessor)
            for axis in ("xAxis", "yAxis"):
                if axis in told:
                    add(told[axis])
            if "groupBy" in told:
                config.add(told["groupBy"].replace(".value", "", 1))
    return summary, config


def test_the_workspace_has_every_view(sections):
    assert [section["name"] for section in sections] == list(VIEWS)
    kinds = {panel["viewType"] for section in sections for panel in section["panels"]}
    assert kinds == {"Bar Chart", "Parallel Coordinates Plot", "Run History Line Plot", "Scatter Plot"}


def test_panels_ask_for_nothing_that_is_not_written(sections, tmp_path):
    run = tiny_run(tmp_path / "world")
    made = finished_evaluation(run.path, run.config)
    records = [*row_records(run, *made), *trial_records(run, *made)]
    written = {key for record in records for part in (record.summary, *record.history) for key in part}
    summary, config = named(sections)
    assert summary <= written
    assert config <= {key for record in records for key in dotted(record.config)}
    assert {"score", "score_low", "score_high", "probe_score", "loss", "cost_seconds"} <= summary
    assert {"family", "training.encoder.name", "training.sampler.name", "training.encoder.size"} <= config
