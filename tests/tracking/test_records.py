"""What W&B runs hold: the same names for every metric, and of every row and trial what it is."""

import pytest
from evaluations import finished_evaluation
from tables import tiny_run

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.config import dotted
from coles_ops.evaluation.rows import AGGREGATES, BEST, COLES, RANDOM
from coles_ops.tracking import names
from coles_ops.tracking.records import begun_trial, row_records, trial_records


@pytest.fixture
def run(tmp_path):
    return tiny_run(tmp_path / "world")


def test_a_row_has_its_score_under_one_name_and_under_its_own(run):
    made = finished_evaluation(run.path, run.config)
    records = {record.what: record for record in row_records(run, *made)}
    verdict = Evaluation.of(run.path).verdict()
    best = records[BEST].summary
    assert best[names.SCORE] == best["roc_auc"] == verdict.compared[0].score
    assert best[names.MEASURE] == "ROC-AUC"
    assert best[names.VERDICT] == verdict.sentence
    assert best[names.LOW] <= best[names.SCORE] <= best[names.HIGH]
    assert names.DIFFERENCE not in records[AGGREGATES].summary
    assert {record.config[names.FAMILY] for record in records.values()} == {"all", COLES, AGGREGATES, RANDOM}
    for record in records.values():
        assert {"tiny", "table", "crossfit", record.family} <= set(record.tags)


def test_what_may_be_an_encoder_costs_the_search_too(run):
    made = finished_evaluation(run.path, run.config)
    cost = {record.what: record.summary[names.COST] for record in row_records(run, *made)}
    (trial,) = trial_records(run, *made)
    assert cost[COLES] == cost[AGGREGATES] + trial.summary[names.SECONDS]
    assert cost[RANDOM] == cost[AGGREGATES]


def test_a_trial_is_the_same_before_and_after_but_for_what_came_of_it(run):
    made = finished_evaluation(run.path, run.config)
    (ended,) = trial_records(run, *made)
    begun = begun_trial(run, "t", run.config.training)
    assert (begun.what, begun.name, begun.tags, begun.config) == (ended.what, ended.name, ended.tags, ended.config)
    assert {"trial", "coles", "gru", "sample_slices"} <= set(begun.tags)
    assert [probe[names.STEP] for probe in ended.history] == [1]
    assert dotted(ended.config)[names.ENCODER] == "gru"
    assert not {"resources", "tracking"} & set(ended.config)
