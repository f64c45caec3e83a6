"""A number is predicted from the events to the report, and nothing of it is a class."""

import numpy as np
import pytest
from rich.console import Console
from stores import write_events, write_store
from tables import tiny_run

from coles_ops.artefacts import write_json
from coles_ops.artefacts.trial import Status, spec_id, trial_id
from coles_ops.artefacts.trials import RoundRecord, SearchRecord, Trials, WorkingTrials
from coles_ops.artefacts.validation import Validation
from coles_ops.evaluation import evaluate_entries
from coles_ops.evaluation.learning import learning_curve
from coles_ops.report import write_report
from coles_ops.targets import Number
from coles_ops.tracking import track_run
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial
from deployments.show import show_run

OF_CLASSES = ("ROC", "Gini", "KS", "PR-AUC", "lift", "log-loss", "Brier", "F1", "precision", "base rate", "threshold")


@pytest.fixture
def finished(tmp_path, coles_home):
    """A run of one trial on a store whose labels are numbers."""
    store = write_store(tmp_path / "events" / "arrays", np.full(90, 30), number=True)
    run = tiny_run(
        tmp_path / "world",
        dataset={"label_kind": "number"},
        training={"steps": 2},
        search={"space": {}, "first_round": None},
        embedding={"max_events": 40},
        evaluation={
            "probes": [{"name": "catboost", "trees": 60, "depth": 2}, "linear"],
            "labels": [14],
            "representations": ["counts"],
        },
    )
    (spec,) = plan_trials(run.config)
    working = WorkingTrials.of(run.path)
    folder = working.folder(trial_id(spec))
    Trial(spec, run.config, store, folder, "cpu").step()
    folder.close(spec, Status.FINISHED)
    score = folder.record().probe_score
    rounds = [RoundRecord(steps=2, scores={trial_id(spec): score})]
    working.publish("t", SearchRecord(rounds=rounds, finalists={spec_id(spec): [trial_id(spec)]}))
    tells = [{"feature": "number of events", "value": None, "label": None, "measure": "Spearman correlation",
              "score": 0.7}]  # fmt: skip
    events, trials = write_events(tmp_path / "events", store, tells=tells), Trials.of(run.path)
    return run, events, trials, evaluate_entries(run, events, trials)


def test_scores_verdict_console_report_and_tracking_are_of_a_number(finished):
    run, events, trials, evaluation = finished
    verdict, board, scored = evaluation.verdict(), evaluation.leaderboard(), evaluation.scored()
    assert verdict.target == Number()
    assert "prediction" in scored
    assert not [column for column in scored if column.startswith("p_")]
    assert f"R2 {verdict.compared[0].score:.3f} against" in verdict.sentence
    aggregates = board[(board.representation == "aggregates") & (board.probe == verdict.probe)].iloc[0]
    assert aggregates.r2 == pytest.approx(verdict.baseline_score)  # the same over folds as in the verdict
    assert aggregates.r2_low < aggregates.r2 < aggregates.r2_high
    assert aggregates.r2 > 0.2
    assert board.notna().all(axis=None)
    assert {"r2", "spearman", "mae", "rmse", "label_mean", "label_deviation"} < set(board)
    assert set(learning_curve(scored, 0.95).labels) >= {14}
    assert any("a tuning R2 of at most" in remark for remark in verdict.remarks)
    assert evaluation.path.joinpath("predictions", "permuted_labels.parquet").exists()
    console = Console(record=True, width=250)
    show_run(console, run)
    page = _page(run, events, trials, evaluation)
    for text in (console.export_text(), page):
        assert "R2" in text
        assert "MAE" in text
        assert not [word for word in OF_CLASSES if word in text]
    assert "mean of a tenth" in page  # predicted against actual
    written = b"".join(file.read_bytes() for file in track_run(run, trials, evaluation).path.rglob("*.wandb"))
    assert b"spearman" in written
    assert b"roc_auc" not in written


def _page(run, events, trials, evaluation) -> str:
    """The report, but for the configuration, which names what it does not use."""
    validation = Validation(path=run.path / "validation", fingerprint="v")
    labels = Number().counts(events.store.labels)
    cut = {"events": 0, "clients": 0, "emptied": 0}
    summary = {"rows": 10, "quarantined": 1, "cut": cut, "labels": labels, "expectations": []}
    write_json(validation.path / "summary.json", summary)
    page = write_report(run, validation, events, trials, evaluation).path.read_text()
    return page[: page.index("<summary>Configuration")]
