"""``make soak``: small runs one after the other, one of them killed; nothing grows but the runs themselves.

SOAK says how many; without it, they are left out: a run takes half a minute.
"""

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from tables import purchases, write_world

from coles_ops.litter import size_of

RUNS = int(os.environ.get("SOAK", "0"))
ROOT = Path(__file__).parents[2]
PATIENCE = 120.0  # seconds that Ray's agents need to notice that their driver was killed
pytestmark = [
    pytest.mark.spark,
    pytest.mark.ray,
    pytest.mark.timeout(300 * (RUNS + 1)),
    pytest.mark.skipif(not RUNS, reason="`make soak` runs it"),
]


@dataclass(frozen=True)
class State:
    """What is there after a run."""

    processes: int
    temporary: int  # entries
    home: int  # bytes of it, less the runs and the ledger of looks, which has a line for every verdict
    open_files: int
    threads: int
    megabytes: int  # of memory


@pytest.fixture
def folder(monkeypatch):
    """A short folder with home, TMPDIR and the user's HOME in it."""
    with tempfile.TemporaryDirectory(prefix="cs-") as name:
        for variable, place in (("COLES_HOME", "home"), ("TMPDIR", "tmp"), ("HOME", "user")):
            monkeypatch.setenv(variable, f"{name}/{place}")
        monkeypatch.setattr(tempfile, "tempdir", f"{name}/tmp")
        Path(name, "tmp").mkdir()
        Path(name, "user").mkdir()
        yield Path(name)


def state(folder: Path) -> State:
    gc.collect()
    own, home = psutil.Process(), folder / "home"
    return State(
        processes=len(own.children(recursive=True)),
        temporary=len(list((folder / "tmp").iterdir())) + len(list((folder / "user").rglob("*"))),
        home=size_of(home) - size_of(home / "runs") - size_of(home / "looks"),
        open_files=own.num_fds(),
        threads=own.num_threads(),
        megabytes=own.memory_info().rss >> 20,
    )


def kill_in_the_search(config: Path, folder: Path, seed: int) -> None:
    """The same command, killed as soon as a trial runs; waits until Ray has noticed."""
    command = [sys.executable, "-m", "deployments.cli", "run", str(config), "--set", f"training.seed={seed}"]
    output = subprocess.DEVNULL
    run = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    while not list((folder / "home").glob("runs/*/.trials/*/progress.jsonl")):
        assert run.poll() is None
        time.sleep(0.05)
    orphans = psutil.Process(run.pid).children(recursive=True)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    psutil.wait_procs(orphans, timeout=PATIENCE)
    assert list((folder / "tmp").glob("coles-tmp-*"))


def test_nothing_grows_but_the_runs(folder, capsys):
    from coles_ops.run import list_runs
    from flows.coles import coles

    config = folder / "tiny.yaml"
    world = write_world(folder / "world", *purchases(), search={"first_round": None})
    config.write_text(yaml.safe_dump(world.model_dump(mode="json")))
    states = []
    for seed in range(RUNS):
        if seed == RUNS // 2:
            kill_in_the_search(config, folder, seed)
        coles.fn(str(config), {"training.seed": seed})
        states.append(state(folder))
        with capsys.disabled():
            print(pd.DataFrame([asdict(states[-1])]).to_string(index=False, header=not seed))  # noqa: T201
    assert len(list_runs()) == RUNS
    first, last = states[min(1, RUNS - 1)], states[-1]  # libraries that are imported late are there after the second
    for name in ("processes", "temporary", "home"):
        assert getattr(last, name) == getattr(first, name), name
    assert (
        last.open_files <= first.open_files + 2 * RUNS
    )  # Ray keeps the log of every driver open, in a process of many
    assert last.threads <= first.threads + RUNS // 3
    assert last.megabytes <= first.megabytes + 30 * RUNS
