"""What a search keeps over a crash: rungs, decisions, epochs and what Optuna knows."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tables import tiny_run

from coles_ops.artefacts.trial import EpochRecord, RunningRecord, Status, TrialFolder
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.config import Training, choose
from coles_ops.run import Run
from coles_ops.tuning import search_encoders
from coles_ops.tuning.rungs import Rungs
from coles_ops.tuning.search import pending_trials
from coles_ops.tuning.space import plan_trials, specify, trial_id
from coles_ops.tuning.suggest import Suggestions
from coles_ops.tuning.trial import Trial

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]

GRID = {"space": {"encoder": ["gru", "lstm"], "encoder.size": [4, 8, 12]}, "grace_epochs": 1, "reduction": 3}


def epochs(scores) -> list[EpochRecord]:
    return [EpochRecord(epoch=n, loss=1.0, probe_roc_auc=s, seconds=1.0, peak_mb=1.0) for n, s in enumerate(scores, 1)]


def running(spec: Training, reported: int) -> RunningRecord:
    return RunningRecord(training=spec, parameters=1, epochs_reported=reported)


def rungs(scheduler: Rungs) -> list:
    return scheduler._brackets[0]._rungs


def test_rungs_after_a_restart_equal_those_before(tmp_path):
    config = tiny_run(tmp_path / "world", search=GRID, training={"epochs": 9}).config
    specs, rng = plan_trials(config), np.random.default_rng(0)
    scheduler = Rungs(config, 9, {})
    judged = {}
    for number, spec in enumerate(specs):
        trial, folder = SimpleNamespace(config={"choice": spec.model_dump()}), TrialFolder(tmp_path / trial_id(spec))
        folder.path.mkdir()
        scheduler.on_trial_add(None, trial)
        scores, action = [], "CONTINUE"
        while action == "CONTINUE" and len(scores) < 9:
            folder.write_running(running(spec, len(scores)))
            scores.append(float(rng.random()))
            folder.write_progress(epochs(scores))
            if number == 5 and len(scores) == 5:  # killed with an epoch that was not reported
                break
            result = epochs(scores)[-1].model_dump()
            action = "STOP" if len(scores) == 9 else scheduler.on_trial_result(None, trial, result)
        else:
            scheduler.on_trial_complete(None, trial, epochs(scores)[-1].model_dump())
            folder.close(spec, Status.FINISHED if len(scores) == 9 else Status.PRUNED)
        judged[trial_id(spec)] = len(scores)
    assert {1, 9} <= set(judged.values()), "the test needs trials that were stopped and some that were not"
    again = Rungs(config, 9, WorkingTrials(tmp_path).reported_scores())
    assert rungs(again) == rungs(scheduler)


def test_what_is_pending_keeps_its_order_and_begins_with_what_was_interrupted(tmp_path):
    config = tiny_run(tmp_path / "world", search=GRID).config
    specs, working = plan_trials(config), WorkingTrials(tmp_path / "trials")
    working.path.mkdir()
    order = pending_trials(config, specs, working)
    assert sorted(map(trial_id, order)) == sorted(map(trial_id, specs))
    assert order != specs
    begun, ended = order[4], order[1]
    for spec in (begun, ended):
        folder = working.folder(trial_id(spec))
        folder.path.mkdir()
        folder.write_running(running(spec, 0))
        folder.write_progress(epochs([0.5]))
    working.folder(trial_id(ended)).close(ended, Status.PRUNED)
    assert pending_trials(config, specs, working) == [begun, order[0], order[2], order[3], order[5]]


def test_a_decision_taken_before_the_crash_stands(tmp_path):
    config = tiny_run(tmp_path / "world", search=GRID, training={"epochs": 9}).config
    spec = plan_trials(config)[0]
    name, trial = trial_id(spec), SimpleNamespace(config={"choice": spec.model_dump()})
    past = {"one": [0.9], "two": [0.8], name: [0.1]}
    for scores, action in ((past, "CONTINUE"), ({**past, name: []}, "STOP")):
        scheduler = Rungs(config, 9, scores)
        scheduler.on_trial_add(None, trial)
        assert scheduler.on_trial_result(None, trial, epochs([0.1])[-1].model_dump()) == action


def test_an_interrupted_trial_goes_on_where_the_scheduler_left_it(run, events, tmp_path):
    spec = plan_trials(run.config)[0].model_copy(update={"epochs": 4})
    store = events.store
    straight = Trial(spec, run.config, store, TrialFolder(tmp_path / "straight"), "cpu")
    expected = [straight.step() for _ in range(4)]
    first = Trial(spec, run.config, store, TrialFolder(tmp_path / "cut"), "cpu")
    for _ in range(2):
        first.step()
    again = Trial(spec, run.config, store, TrialFolder(tmp_path / "cut"), "cpu")
    told = [again.step() for _ in range(3)]  # the second epoch may not have been heard of
    for key in ("epoch", "loss", "probe_roc_auc", "done"):
        assert [t[key] for t in told] == [e[key] for e in expected[1:]]
    assert [epoch.loss for epoch in TrialFolder(tmp_path / "cut").progress()] == [e["loss"] for e in expected]


def test_a_killed_search_goes_on(events, tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "world", search=GRID, training={"epochs": 9})
    code = f"""
from pathlib import Path
from coles_ops.run import Run
from coles_ops.artefacts.events import Events
from coles_ops.tuning import search_encoders
search_encoders(Run(Path({str(run.path)!r})), Events(path=Path({str(events.path)!r}), fingerprint="tiny"))
"""
    first = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    working = WorkingTrials.of(run.path)
    while len(list(working.path.glob("*/trial.json"))) < 2:
        assert first.poll() is None
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    ended = {file.parent.name: file.stat().st_mtime_ns for file in working.path.glob("*/trial.json")}
    reported = working.reported_scores()
    assert len(ended) < 6

    filled = []
    whole = Rungs.__init__
    monkeypatch.setattr(
        Rungs, "__init__", lambda self, *a: (whole(self, *a), filled.append({n for _, r in rungs(self) for n in r}))[0]
    )
    trials = search_encoders(run, events)
    assert filled == [set(reported)]
    found = {record.trial: record for record in trials.records()}
    assert set(found) == {trial_id(spec) for spec in plan_trials(run.config)}
    assert Status.FINISHED in {record.status for record in found.values()}
    for name, record in found.items():
        scores = [epoch.probe_roc_auc for epoch in trials.folder(name).progress()]
        assert len(scores) == record.epochs
        assert scores[: len(reported.get(name, []))] == reported.get(name, [])
        assert trials.folder(name).running() is None
    assert all((trials.path / name / "trial.json").stat().st_mtime_ns == when for name, when in ended.items())


def optuna(path: Path, **search) -> Run:
    return tiny_run(path, search={"algorithm": "optuna", "scheduler": "none", **search})


def test_optuna_draws_trials(events, tmp_path):
    run = optuna(
        tmp_path / "world", space={"optimiser.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}, trials=2
    )
    trials = search_encoders(run, events)
    rates = {record.training.optimiser.learning_rate for record in trials.records()}
    assert len(rates) == 2
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)


def test_optuna_runs_no_trial_twice_and_ends_where_the_space_does(events, tmp_path):
    run = optuna(tmp_path / "world", space={"encoder": ["gru", "lstm"]}, trials=6)
    trials = search_encoders(run, events)
    found = trials.records()
    assert sorted(record.training.encoder.name for record in found) == ["gru", "lstm"]
    assert {record.status for record in found} == {Status.FINISHED}
    assert [record.epochs for record in found] == [2, 2]


def test_optuna_knows_what_ended_and_goes_on_with_what_was_begun(tmp_path):
    run = optuna(tmp_path / "world", space={"encoder.size": {"low": 4, "high": 7}}, trials=4)
    specs = {size: choose(run.config.training, {"encoder.size": size}) for size in range(4, 8)}
    scores = {trial_id(specs[4]): 0.6, trial_id(specs[5]): None}
    searcher = Suggestions(run.config, scores, [specs[4], specs[5]], [specs[7]])
    study = searcher._ot_study.trials
    assert [(t.params.get("choice/encoder.size"), t.value) for t in study[1:]] == [(4, 0.6), (5, None)]
    drawn = []
    for number in range(4):
        choice = searcher.suggest(f"id-{number}")
        if isinstance(choice, str):
            break
        drawn.append(choice["choice"]["encoder.size"])
        searcher.on_trial_complete(f"id-{number}", {"probe_roc_auc": 0.5})
    assert choice == "FINISHED"
    assert drawn[0] == 7
    assert sorted(drawn) == [6, 7]


def test_optuna_suggests_components_with_options_and_goes_on_with_one(tmp_path):
    heads = {"encoder": ["gru", {"name": "transformer", "layers": 1}, {"name": "transformer", "layers": 2}]}
    run = optuna(tmp_path / "world", space=heads | {"encoder.heads": [2, 4], "encoder.size": [8]}, trials=6)
    begun = choose(run.config.training, {"encoder": {"name": "transformer", "layers": 2}, "encoder.heads": 4})
    ended = choose(run.config.training, {"encoder": "gru"})
    searcher = Suggestions(run.config, {trial_id(ended): 0.6}, [ended], [begun])
    drawn = []
    while not isinstance(choice := searcher.suggest(f"id-{len(drawn)}"), str):
        drawn.append(specify(run.config, choice["choice"]))
        searcher.on_trial_complete(f"id-{len(drawn) - 1}", {"probe_roc_auc": 0.5})
    assert drawn[0] == begun
    found = sorted((spec.encoder.layers, spec.encoder.heads) for spec in drawn)
    assert found == [(1, 2), (1, 4), (2, 2), (2, 4)]  # a GRU has no heads, and its one trial has ended
