"""A real search on Ray and all that follows it, on a tiny store."""

import shutil
import subprocess

import matplotlib.image as plt_image
import pytest
import torch
from tables import tiny_run

from coles_ops.artefacts import write_json
from coles_ops.artefacts.trial import ProbeRecord, Status, trial_id
from coles_ops.artefacts.trials import SearchRecord, Trials, WorkingTrials
from coles_ops.artefacts.validation import Validation
from coles_ops.evaluation import evaluate_entries
from coles_ops.evaluation.trialboard import build_trialboard
from coles_ops.report import write_report
from coles_ops.schema import DataError
from coles_ops.tracking import track_run
from coles_ops.tuning import search_encoders
from coles_ops.tuning.space import plan_trials

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]


def test_a_search_and_all_that_follows(run, events):
    trials = search_encoders(run, events)
    found = {record.trial: record for record in trials.records()}
    assert set(found) == {trial_id(spec) for spec in plan_trials(run.config)}
    assert all(record.status in (Status.FINISHED, Status.PRUNED) for record in found.values())
    for name, record in found.items():
        probes = trials.folder(name).progress()
        assert [probe.step for probe in probes] == [2, 4]
        assert record.probe_score == max(probe.probe_score for probe in probes)
        assert not trials.folder(name).state.exists()
    assert run.manifest["machines"]["search"]["most_trials_at_once"] == run.config.resources.cores
    assert search_encoders(run, events).cached
    assert not list(run.path.glob(".trials")) + list(run.path.glob(".ray"))

    evaluation = evaluate_entries(run, events, trials)
    board = evaluation.leaderboard()
    families = ("coles", "counts", "topics", "rfm")
    assert set(board.representation) == {
        *("aggregates", "random_encoder", "best", "best_addition"),
        *families,
        *(f"aggregates+{family}" for family in families),
    }
    assert evaluate_entries(run, events, trials).cached

    tracked = track_run(run, trials, evaluation)
    assert len(list(tracked.path.glob("offline-run-*/run-*.wandb"))) == 12 + 2
    assert track_run(run, trials, evaluation).cached

    validation = Validation(path=run.path / "validation", fingerprint="v")
    summary = {"rows": 1, "quarantined": 0, "cut": {"events": 0}, "labels": {"0": 3, "1": 2}, "expectations": []}
    write_json(validation.path / "summary.json", summary)
    report = write_report(run, validation, events, trials, evaluation).path
    page = report.read_text()
    _look_at(report)
    assert all(sentence.split(" (")[0] in page for sentence in evaluation.verdict().sentences)
    assert page.count("<svg") == 7  # two maps, loss, probe, ROC, calibration, cost
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )


def _look_at(report):
    """Open the page in a real browser, where there is one: it shows something, and its script console is silent."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return
    picture = report.with_suffix(".png")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
        f"--user-data-dir={report.parent / 'browser'}", "--window-size=1280,3000", f"--screenshot={picture}",
        report.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pixels = plt_image.imread(picture)[..., :3]
    assert pixels.shape[:2] == (3000, 1280)
    assert (pixels.min(axis=2) < 0.5).mean() > 0.005  # ink
    right = pixels[:, -8:].min()
    assert right > 0.95, "the page is wider than its window"


def test_a_trial_that_dies_is_alone(run, events, monkeypatch):
    """One trial finds a state that is whole and not that of its encoder."""
    doomed = trial_id(plan_trials(run.config)[0])
    folder = WorkingTrials.of(run.path).folder(doomed)
    folder.path.mkdir(parents=True)
    folder.write_progress([ProbeRecord(step=1, loss=1.0, probe_score=0.5, seconds=1.0, peak_mb=1.0)])
    torch.save({"step": 1}, folder.state)
    trials = search_encoders(run, events)
    found = {record.trial: record for record in trials.records()}
    error = found[doomed].error
    assert found.pop(doomed).status is Status.FAILED
    assert (error.type, error.message) == ("KeyError", "'model'")
    assert "load_state_dict" in error.traceback
    assert {(record.status, record.error) for record in found.values()} == {(Status.FINISHED, None)}
    evaluation = evaluate_entries(run, events, trials)
    board = build_trialboard(trials, evaluation, "catboost")
    assert board[board.status == "failed"].trial.tolist() == [doomed]
    assert board.trial.tolist()[-1] == doomed
    assert evaluation.verdict().trial in found


def test_one_worker_and_two_give_the_same(events, tmp_path):
    search, found = {"space": {"encoder": ["gru", "lstm"], "encoder.size": [4, 8]}}, []
    for cpus in (1, 2):
        trials = search_encoders(tiny_run(tmp_path / f"{cpus}", search=search, resources={"cpus": cpus}), events)
        spent = {"seconds", "peak_mb"}
        records = [(r.model_dump(exclude=spent), trials.folder(r.trial).encoder.read_bytes()) for r in trials.records()]
        found.append((trials.search, records))
    assert found[0] == found[1]


def test_nothing_to_evaluate_is_said(run, events, tmp_path):
    write_json(run.path / "trials" / ".search.json", SearchRecord(rounds=[], finalists={}))
    with pytest.raises(DataError, match="none of 0 trials"):
        evaluate_entries(run, events, Trials(path=run.path / "trials", fingerprint="x"))
