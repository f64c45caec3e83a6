"""Trials are shown while they run by a process that may stall, be refused or die: the search does not notice."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from tables import tiny_run
from tracking.graphql import serving

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.code import _followed
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status
from coles_ops.artefacts.trials import SearchRecord, WorkingTrials
from coles_ops.run import _CODE, Run
from coles_ops.tracking import live
from coles_ops.tracking.live import follow, shown_live

PROBES = [ProbeRecord(step=s, loss=1 / s, probe_score=0.5 + s / 100, seconds=1.0, peak_mb=1.0) for s in (2, 4, 6)]


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny_run(tmp_path / "world", tracking={"mode": "online"})


def search(run: Run, pause: float) -> None:
    """What a search leaves on the disk, bit by bit: one trial goes on to the end, one is out, one fails."""
    working, training = WorkingTrials.of(run.path), run.config.training
    folders = [working.folder(name) for name in ("a", "b", "c")]
    for folder in folders:
        folder.write_running(RunningRecord(training=training, parameters=1))
    for folder, count in zip(folders, (1, 1, 0), strict=True):
        folder.write_progress(PROBES[:count])
    time.sleep(pause)
    folders[1].close(training, Status.PRUNED)
    folders[2].write_error(ValueError("no"))
    folders[2].close(training, Status.FAILED, folders[2].error())
    time.sleep(pause)
    folders[0].write_progress(PROBES)
    folders[0].close(training, Status.FINISHED)
    working.publish("made", SearchRecord(trials=["a", "b", "c"], rounds=[], finalists={}))


def written(file: Path) -> list[dict]:
    """The records of a file of W&B, by its own reader."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_is_shown_is_what_trials_wrote(run, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "_LOOK", 0.05)
    thread = threading.Thread(target=search, args=(run, 0.3))
    thread.start()
    follow(run, tmp_path, mode="offline")
    thread.join()
    for trial, probes, code in (("a", PROBES, 0), ("c", [], 1)):
        (file,) = tmp_path.glob(f"wandb/offline-run-*/run-{fingerprint(run.id, trial)}.wandb")
        records = written(file)
        history = [record["history"]["item"] for record in records if record["type"] == "history"]
        assert [ProbeRecord.model_validate(item).step for item in history] == [probe.step for probe in probes]
        for item, probe in zip(history, probes, strict=True):
            assert item.items() >= probe.model_dump().items()
        (about,) = (record["run"] for record in records if record["type"] == "run")
        assert (about["run_group"], about["job_type"]) == (run.id, "trial")
        assert {"tiny", "table", "crossfit", "coles", "gru", "sample_slices"} <= set(about["tags"])
        assert about["config"]["update"]["training"] == run.config.training.model_dump(mode="json")
        assert [record["exit"]["exit_code"] for record in records if record["type"] == "exit"] == [code]
    assert len(list(tmp_path.glob("wandb/offline-run-*"))) == 3


@pytest.fixture
def server(monkeypatch):
    with serving(monkeypatch) as found:
        yield found


def test_one_that_waits_for_a_server_that_hangs_ends_with_its_parent(run, server, tmp_path):
    server.hanging = threading.Event()
    (WorkingTrials.of(run.path).folder("a")).write_running(RunningRecord(training=run.config.training, parameters=1))
    command = [sys.executable, "-c", live._MAIN, str(run.path), str(tmp_path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        until(lambda: server.asked > 1 and child.poll() is None)
        below = psutil.Process(child.pid).children(recursive=True)
        child.stdin.close()
        assert child.wait(timeout=30) == 1
        until(lambda: not any(process.is_running() for process in below))
    finally:
        child.kill()


@pytest.mark.parametrize("fate", ["is ended as it starts", "is refused", "is killed"])
def test_the_search_does_not_notice_what_becomes_of_it(run, server, monkeypatch, caplog, fate):
    server.accepts = False
    mark = uuid4().hex
    monkeypatch.setenv("COLES_TEST_MARK", mark)
    with caplog.at_level(logging.WARNING, "coles.track"), shown_live(run):
        (child,) = marked(mark)
        if fate == "is killed":
            child.kill()
        if fate != "is ended as it starts":
            until(lambda: os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert not marked(mark)
    said = {"is refused": "does not accept the key of the login", "is killed": "it ended by -9"}
    assert (said[fate] in caplog.text) if fate in said else not caplog.text


def test_whoever_tracks_offline_starts_nothing(tmp_path, monkeypatch):
    mark = uuid4().hex
    monkeypatch.setenv("COLES_TEST_MARK", mark)
    with shown_live(tiny_run(tmp_path / "world")):
        assert not marked(mark)


def test_no_result_depends_on_what_is_shown():
    assert not [module for module in _followed(_CODE) if module.startswith(("coles_ops.tracking", "coles_ops.dash"))]


def until(true: Callable[[], bool]) -> None:
    """Wait for it, two minutes at most."""
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def marked(mark: str) -> list[psutil.Process]:
    """Processes that were started with this mark, but for us."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("COLES_TEST_MARK") == mark:
                found.append(process)
    return found
