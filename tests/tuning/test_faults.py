"""Faults of the machine while trials run: none becomes a result, and the rerun's trials are those of a quiet search."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from stores import write_store
from tables import tiny_run

from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status, trial_id
from coles_ops.artefacts.trials import Trials, WorkingTrials
from coles_ops.cluster import ClusterError, attempts, session
from coles_ops.run import Run
from coles_ops.schema import FaultError
from coles_ops.tuning import search_encoders
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial

pytestmark = [pytest.mark.ray, pytest.mark.timeout(600)]

GRID = {"space": {"encoder": ["gru", "lstm"], "encoder.size": [4, 8]}, "first_round": 8, "reduction": 2}
TIMINGS = {"seconds", "events_per_second", "peak_mb"}


def begin(folder: Path) -> Run:
    return tiny_run(folder, search=GRID, training={"steps": 24})


def lines(run: Run) -> int:
    return sum(file.read_text().count("\n") for file in run.path.glob(".trials/*/progress.jsonl"))


def results(trials: Trials) -> dict:
    """All that a search leaves, without what it cost."""
    found = {}
    for record in trials.records():
        folder = trials.folder(record.trial)
        facts = [each.model_dump(exclude=TIMINGS) for each in (*folder.progress(), record)]
        found[record.trial] = facts, folder.encoder.read_bytes()
    return found


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The events, and what a search on them gives that nothing disturbs."""
    folder = tmp_path_factory.mktemp("quiet")
    write_store(folder / "events" / "arrays", [0, 1, 300, *range(20, 77)])
    events = Events(path=folder / "events", fingerprint="tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLES_HOME", str(folder / "home"))
        trials = search_encoders(begin(folder / "world"), events)
    return events, results(trials)


def test_ctrl_c_ends_the_search_and_the_rerun_survives_lost_processes(quiet, tmp_path):
    events, expected = quiet
    run = begin(tmp_path / "world")
    code = f"""
from pathlib import Path
from coles_ops.run import Run
from coles_ops.artefacts.events import Events
from coles_ops.tuning import search_encoders
search_encoders(Run(Path({str(run.path)!r})), Events(path=Path({str(events.path)!r}), fingerprint="tiny"))
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True
    )
    while lines(run) < 6:
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGINT
    assert said.strip().endswith("KeyboardInterrupt")
    assert not (run.path / "trials").exists()
    assert lines(run) >= 6

    with killing(run, {lines(run) + 6: ("ray::Worker", "ray::Resource"), lines(run) + 20: ("raylet",)}) as killed:
        trials = search_encoders(run, events)
    assert [name.partition("::")[0] for name in killed] == ["ray", "raylet"]
    assert results(trials) == expected
    assert search_encoders(run, events).cached


def test_sigterm_stays_with_who_handled_it_before_ray(run):
    code = f"""
import os, signal, sys
from pathlib import Path
from coles_ops.run import Run
from coles_ops.cluster import ray_session
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ours"))
with ray_session(Run(Path({str(run.path)!r})).config):
    os.kill(os.getpid(), signal.SIGTERM)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (1, "ours")


def test_an_orphan_outlives_its_raylet(run, tmp_path):
    code = f"""
import os, time
from pathlib import Path
from coles_ops.run import Run
from coles_ops.cluster import ray_session
import psutil
while os.getppid() == int(os.environ["STARTED_BY"]):
    time.sleep(0.01)
with ray_session(Run(Path({str(run.path)!r})).config):
    (raylet,) = [p for p in psutil.Process().children() if p.name().startswith("raylet")]
    raylet.kill()
    raylet.wait()
Path({str(tmp_path / "outlived")!r}).touch()
"""
    start = f'STARTED_BY=$$ {sys.executable} -c "$CODE" > /dev/null 2> {tmp_path / "errors"} & echo $!'
    shell = subprocess.run(
        ["sh", "-c", start], cwd=Path(__file__).parents[2], env={**os.environ, "CODE": code}, stdout=subprocess.PIPE,
        text=True, check=True,
    )  # fmt: skip
    orphan = int(shell.stdout)
    deadline = time.monotonic() + 120
    while psutil.pid_exists(orphan) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (tmp_path / "outlived").exists(), (tmp_path / "errors").read_text()


@contextmanager
def killing(run: Run, when: dict[int, tuple[str, ...]]):
    """SIGKILL a process of Ray once so many encoders are probed."""
    killed, over = [], threading.Event()

    def watch() -> None:
        for count, names in when.items():
            while lines(run) < count and not over.is_set():
                time.sleep(0.01)
            found = [p for p in psutil.Process().children(recursive=True) if p.name().startswith(names)]
            for process in found[:1]:
                killed.append(process.name())
                process.kill()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk: a full one is not tried")
def test_a_full_disk_fails_the_search_and_after_making_room_it_goes_on(quiet, coles_home, monkeypatch):
    events, expected = quiet
    coles_home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", coles_home], check=True)
    try:
        run = begin(coles_home.parent / "world")
        ballast = coles_home / "ballast"
        free = os.statvfs(coles_home).f_bavail * os.statvfs(coles_home).f_frsize
        ballast.write_bytes(bytes(free - 60_000))
        monkeypatch.setattr(attempts, "_IDLE", 1)
        with pytest.raises(FaultError, match="No space left on device"):
            search_encoders(run, events)
        assert not (run.path / "trials").exists()
        ballast.unlink()
        assert results(search_encoders(run, events)) == expected
    finally:
        subprocess.run(["umount", "-l", coles_home], check=True)


def test_a_trial_killed_while_it_is_closed_is_tidied_up(run, events, tmp_path):
    spec = plan_trials(run.config)[0]
    working = WorkingTrials(tmp_path / "working")
    folder = working.folder(trial_id(spec))
    trial = Trial(spec, run.config, events.store, folder, "cpu")
    trial.step()
    kept = {file.name: file.read_bytes() for file in folder.path.iterdir()}
    folder.close(spec, Status.PRUNED)
    (folder.path / ".seal.json").unlink()
    for name in ("running.json", "state.pt"):
        (folder.path / name).write_bytes(kept[name])
    assert working.settle()[folder.name].status is Status.PRUNED
    assert {file.name for file in folder.path.iterdir()} == {"progress.jsonl", "encoder.pt", "trial.json", ".seal.json"}


def test_nothing_at_the_address_of_the_cluster_is_said_within_20_seconds(events, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    run = tiny_run(tmp_path / "world", resources={"ray_address": address})
    started = time.monotonic()
    with pytest.raises(ClusterError, match=rf"nothing answers at {address} .*ray start --head"):
        search_encoders(run, events)
    assert time.monotonic() - started < 20


def test_what_listens_and_is_no_ray_is_given_up(monkeypatch):
    monkeypatch.setattr(session, "_PATIENCE", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ClusterError, match=rf"{address} does not take us in \(no answer within 2 s\).*token"):
            session._check(address)


@pytest.mark.parametrize("address", ["ray://head:10001", "head", "head:port"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ClusterError, match="write host:port"):
        session._check(address)
