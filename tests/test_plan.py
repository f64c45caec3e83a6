"""What ``coles plan`` says of the budget."""

import io

from rich.console import Console
from stores import write_store
from tables import tiny_run

from coles_ops.artefacts import home
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status, trial_id
from coles_ops.artefacts.trials import Trials
from coles_ops.run import Run
from coles_ops.tuning import plan_trials
from deployments.plan import show_plan

SEARCH = {"space": {"encoder": ["gru", "lstm"], "encoder.size": [4, 8]}, "first_round": 40, "seeds": 3}


def told(run: Run) -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    show_plan(console, run.config)
    return [line.strip() for line in console.file.getvalue().splitlines()]


def test_the_plan_tells_rounds_steps_passes_and_minutes(tmp_path):
    tuned = {"representations": ["supervised"]}
    run = tiny_run(tmp_path / "world", search=SEARCH, training={"steps": 200}, evaluation=tuned)
    steps = "at most 1,480 optimiser steps"  # 4 x 40, 2 x 160, 2 x 2 seeds x 200, and the winner on all clients
    lines = told(run)
    assert {"round 1: 4 trials up to step 40", "round 2: 2 trials up to step 200"} <= set(lines)
    assert {"finalists: 2, each by 3 seeds", steps} <= set(lines)
    assert "supervised: in each fold of the evaluation 2 x 200 steps more" in lines

    spec = plan_trials(run.config)[0]
    trial = Trials.of(run.path).folder(trial_id(spec))
    trial.write_running(RunningRecord(training=spec, parameters=1))
    probe = ProbeRecord(step=200, loss=1.0, probe_score=0.5, seconds=1200.0, peak_mb=1.0)
    trial.write_progress([probe])
    trial.close(spec, Status.FINISHED)
    events = home().store / "e"
    write_store(events / "arrays", [30] * 60)
    (events / "facts.json").write_text("{}")
    run.uses(events)
    lines = told(run)
    assert f"{steps}, about 74 minutes as trials like these took" in lines  # on two cores
    assert any(line.startswith("a pass over the clients is ") for line in lines)
