"""What a search keeps over a crash: what survived, what was trained, and what Optuna proposed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tables import tiny_run

from coles_ops.artefacts.trial import Status, TrialFolder, trial_id
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.tuning import search_encoders
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]

GRID = {
    "space": {"encoder": ["gru", "lstm"], "encoder.size": [4, 8, 12]}, "first_round": 2, "reduction": 3, "seeds": 2,
}  # fmt: skip


def test_an_interrupted_trial_goes_on_where_it_was_cut(run, events, tmp_path):
    spec = plan_trials(run.config)[0].model_copy(update={"steps": 7})
    store = events.store
    straight = Trial(spec, run.config, store, TrialFolder(tmp_path / "straight"), "cpu")
    expected = [straight.step() for _ in range(4)]
    assert [probe.step for probe in expected] == [2, 4, 6, 7]
    folder = TrialFolder(tmp_path / "cut")
    first = Trial(spec, run.config, store, folder, "cpu")
    first.step()
    state = folder.state.read_bytes()
    first.step()
    folder.state.write_bytes(state)  # killed before the state of the second probe was kept
    again = Trial(spec, run.config, store, folder, "cpu")
    told = [again.step() for _ in range(3)]
    for key in ("step", "loss", "probe_score"):
        assert [getattr(t, key) for t in told] == [getattr(e, key) for e in expected[1:]]
    assert [probe.loss for probe in folder.progress()] == [e.loss for e in expected]
    assert folder.encoder.read_bytes() == TrialFolder(tmp_path / "straight").encoder.read_bytes()


def test_a_killed_search_goes_on(events, tmp_path):
    run = tiny_run(tmp_path / "world", search=GRID, training={"steps": 4})
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
    before = {folder.name: folder.progress() for folder in working.folders()}
    assert len(ended) < 8

    trials = search_encoders(run, events)
    found = {record.trial: record for record in trials.records()}
    assert {name.rpartition("-")[0] for name in found} == {
        spec.rpartition("-")[0] for spec in map(trial_id, plan_trials(run.config))
    }
    assert [len(seeds) for seeds in trials.finalists().values()] == [2, 2]
    for name, record in found.items():
        probes = trials.folder(name).progress()
        assert probes[-1].step == record.steps
        assert probes[: len(before.get(name, []))] == before.get(name, [])
        assert trials.folder(name).running() is None
    assert all((trials.path / name / "trial.json").stat().st_mtime_ns == when for name, when in ended.items())


def test_optuna_runs_no_trial_twice_and_ends_where_the_space_does(events, tmp_path):
    optuna = {"algorithm": "optuna", "space": {"encoder": ["gru", "lstm"]}, "trials": 6}
    found = search_encoders(tiny_run(tmp_path / "world", search=optuna), events).records()
    assert sorted(record.training.encoder.name for record in found) == ["gru", "lstm"]
    assert {record.status for record in found} == {Status.FINISHED}
    assert [record.steps for record in found] == [4, 4]
