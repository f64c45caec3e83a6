"""Which trials survive follows from their scores, not from the order in which they come or where a search is cut."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tables import tiny_run

from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status, spec_id, trial_id
from coles_ops.artefacts.trials import SearchRecord, WorkingTrials
from coles_ops.config import Config, Training
from coles_ops.tuning.rounds import best, plan_rounds, rests, run_rounds
from coles_ops.tuning.space import plan_trials

GRID = {
    "space": {"encoder": ["gru", "lstm"], "encoder.size": [4, 8, 12, 16]},
    "first_round": 4,
    "finalists": 2,
    "seeds": 3,
}
OPTUNA = {
    "space": {"encoder": ["gru", "lstm"], "optimiser.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}},
    "algorithm": "optuna", "trials": 9, "proposals": 3, "first_round": 4, "seeds": 2,
}  # fmt: skip
STEPS = {"steps": 36, "probe_every": 2}


class CutError(Exception):
    """The machine goes down."""


class Paper:
    """Trains on paper: every probe's score is drawn by the trial's name and the step.

    Args:
        working: where trials work.
        rng: draws the order in which trials come to their probes; without, one after the other.
        probes: after which it goes down.
    """

    def __init__(self, working: WorkingTrials, rng: np.random.Generator | None = None, probes: int = 10**9):
        self.working, self.rng, self.left = working, rng, probes

    def train(self, specs: list[Training], steps: int) -> None:
        going = [spec for spec in specs if not self.working.folder(trial_id(spec)).record()]
        while going := [spec for spec in going if not rests(spec, self._folder(spec).progress(), steps)]:
            self._probe(going[self.rng.integers(len(going)) if self.rng else 0])

    def _folder(self, spec: Training):
        return self.working.folder(trial_id(spec))

    def _probe(self, spec: Training) -> None:
        if not self.left:
            raise CutError
        self.left -= 1
        folder = self._folder(spec)
        before, running = folder.progress(), RunningRecord(training=spec, parameters=1)
        folder.write_running(running)
        step = min((before[-1].step if before else 0) + spec.probe_every, spec.steps)
        score = hashlib.sha256(f"{folder.name} {step}".encode()).digest()[0] / 255
        probe = ProbeRecord(step=step, loss=1.0, probe_score=score, seconds=1.0, peak_mb=1.0)
        folder.write_progress([*before, probe])


def finish(config: Config, folder: Path, machines: Callable[[WorkingTrials], Paper]) -> tuple[SearchRecord, dict]:
    """The record of a search on one machine after the other, and how its trials ended."""
    working = WorkingTrials(folder)
    folder.mkdir()
    while True:
        try:
            found = run_rounds(config, working, machines(working).train)
        except CutError:
            continue
        return found, working.ended()


@pytest.mark.parametrize("search", [GRID, OPTUNA], ids=["grid", "optuna"])
def test_no_order_of_arrival_changes_what_survives(tmp_path, search):
    config = tiny_run(tmp_path / "world", search=search, training=STEPS).config
    expected = finish(config, tmp_path / "straight", Paper)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        assert finish(config, tmp_path / f"{seed}", lambda w, rng=rng: Paper(w, rng)) == expected


@pytest.mark.parametrize("search", [GRID, OPTUNA], ids=["grid", "optuna"])
@pytest.mark.parametrize("probes", [5, 20])
def test_a_search_that_is_cut_again_and_again_survives_the_same(tmp_path, search, probes):
    config = tiny_run(tmp_path / "world", search=search, training=STEPS).config
    expected = finish(config, tmp_path / "straight", Paper)
    assert finish(config, tmp_path / "cut", lambda w: Paper(w, np.random.default_rng(0), probes)) == expected


def test_the_best_go_on_and_the_finalists_are_trained_by_further_seeds(tmp_path):
    config = tiny_run(tmp_path / "world", search=GRID, training=STEPS).config
    found, ended = finish(config, tmp_path / "trials", Paper)
    assert [(len(r.scores), r.steps) for r in found.rounds] == [(8, 4), (3, 12), (2, 36)]
    assert plan_rounds(config) == [(8, 4), (3, 12), (2, None)]
    for before, after in zip(found.rounds, found.rounds[1:], strict=False):
        assert list(after.scores) == [name for name in before.scores if name in best(before.scores, len(after.scores))]
    out = {name: record.steps for name, record in ended.items() if record.status is Status.PRUNED}
    assert sorted(out.values()) == [4] * 5 + [12]
    assert list(found.finalists) == [ended[name].spec for name in best(found.rounds[-1].scores, 2)]
    for spec, trials in found.finalists.items():
        records = [ended[name] for name in trials]
        assert [record.training.seed for record in records] == [0, 1, 2]
        assert {record.spec for record in records} == {spec}
        assert {(record.status, record.steps) for record in records} == {(Status.FINISHED, 36)}
    assert found.rounds[0].scores.keys() == {trial_id(spec) for spec in plan_trials(config)}


def test_equal_scores_go_by_the_id():
    assert best({"c": 0.5, "b": 0.7, "a": 0.5}, 2) == ["b", "a"]


def test_without_a_first_round_all_are_trained_in_full(tmp_path):
    config = tiny_run(tmp_path / "world", search=GRID | {"first_round": None}, training=STEPS).config
    assert plan_rounds(config) == [(8, None)]


def test_there_are_no_more_rounds_than_lead_to_the_finalists(tmp_path):
    config = tiny_run(tmp_path / "world", search=GRID | {"finalists": 3}, training=STEPS).config
    assert plan_rounds(config) == [(8, 4), (3, None)]


def test_a_trial_that_fails_late_was_in_the_rounds_before(tmp_path):
    """Else another would be in its place when the search goes on."""
    config = tiny_run(tmp_path / "world", search=GRID, training=STEPS).config
    straight, _ = finish(config, tmp_path / "straight", Paper)
    doomed = best(straight.rounds[0].scores, 1)[0]

    class Failing(Paper):
        def _probe(self, spec: Training) -> None:
            folder = self._folder(spec)
            if trial_id(spec) == doomed and folder.progress() and folder.progress()[-1].step == 6:
                folder.write_error(ValueError("it dies"))
                folder.close(spec, Status.FAILED, folder.error())
                raise CutError
            super()._probe(spec)

    found, ended = finish(config, tmp_path / "failing", Failing)
    assert found.rounds[0] == straight.rounds[0]
    assert found.rounds[1].scores == {n: s for n, s in straight.rounds[1].scores.items() if n != doomed}
    assert ended[doomed].status is Status.FAILED
    assert doomed not in str(found.finalists)


def test_a_torn_record_of_a_search_costs_no_training(tmp_path):
    run = tiny_run(tmp_path / "world", search=GRID, training=STEPS)
    working = WorkingTrials.of(run.path)
    found, _ = finish(run.config, working.path, Paper)
    trials = working.publish("key", found)
    assert working.published("key") == trials.model_copy(update={"cached": True})
    (trials.path / ".search.json").write_text("{")
    assert working.published("key") is None
    again = run_rounds(run.config, working, Paper(working, probes=0).train)
    assert working.publish("key", again).finalists().keys() == found.finalists.keys()
    assert again == found


def test_patience_counts_probes(tmp_path):
    spec = plan_trials(tiny_run(tmp_path / "world").config)[0].model_copy(update={"steps": 100, "patience": 2})
    probes = [
        ProbeRecord(step=n, loss=1.0, probe_score=score, seconds=1.0, peak_mb=1.0)
        for n, score in enumerate([0.5, 0.6, 0.6, 0.5], 1)
    ]
    assert [rests(spec, probes[:n], 50) for n in range(5)] == [False, False, False, False, True]
    assert [rests(spec, probes[:n], 2) for n in range(5)] == [False, False, True, True, True]


def test_trials_that_differ_by_the_seed_are_of_one_specification(tmp_path):
    one, other = plan_trials(tiny_run(tmp_path / "world").config)
    again = one.model_copy(update={"seed": 7})
    assert spec_id(one) == spec_id(again) != spec_id(other)
    assert (trial_id(one), trial_id(again)) == (f"{spec_id(one)}-0", f"{spec_id(one)}-7")
