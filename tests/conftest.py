"""Fixtures of all tests: a home folder of their own, tiny real data."""

import os
import signal
import subprocess
import sys

import coles_ops  # noqa: F401  # sets the switches of the libraries

os.environ.update(
    OMP_NUM_THREADS="1",  # tiny tensors: threads cost more than they give
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",
    WANDB_SILENT="true",
)

from pathlib import Path

import numpy as np
import pytest
from stores import write_store

from coles_ops.config import Resources
from coles_ops.store import EventStore

if not hasattr(sys.modules["__main__"], "__file__"):  # a worker of xdist: PySpark takes it for its doctests and exits
    sys.modules["__main__"].__file__ = __file__

signal.signal(signal.SIGINT, signal.default_int_handler)  # started by `&`, our children would ignore it too

SHARED_DATA = Path(__file__).parent.parent.parent / "shared" / "data"


SLOW = ("prefect", "ray", "spark")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start the slowest things first: with two processes none is left with a long one at the end."""

    def slowness(item: pytest.Item) -> int:
        return min((SLOW.index(mark.name) for mark in item.iter_markers() if mark.name in SLOW), default=len(SLOW))

    slowest: dict[Path, int] = {}
    for item in items:
        slowest[item.path] = min(slowness(item), slowest.get(item.path, len(SLOW)))
    items.sort(key=lambda item: slowest[item.path])


@pytest.fixture(autouse=True)
def coles_home(tmp_path, monkeypatch):
    """A home folder that no other test sees."""
    monkeypatch.setenv("COLES_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def own_temporary_folders(tmp_path, monkeypatch):
    """Nowhere to look for scratch folders that a test running beside it uses: there, killed owners are many."""
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(own))
    monkeypatch.setattr("coles_ops.scratch._SHORT_BASE", str(own))
    return own


@pytest.fixture(scope="session")
def spark():
    """One Spark session for all tests of the process."""
    from coles_ops.preprocess.session import spark_session

    with spark_session(Resources(cpus=2, spark_memory="1g")) as session:
        yield session


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real sample data is not there: expected ../shared/data beside the checkout")
    return SHARED_DATA


@pytest.fixture
def tiny_store(tmp_path) -> EventStore:
    """60 clients of 0 to 300 events, among them an empty one, a one-event one and a long one."""
    lengths = np.random.default_rng(1).integers(20, 80, 60)
    lengths[:3] = 0, 1, 300
    return write_store(tmp_path / "store", lengths)


@pytest.fixture
def start_owner():
    """Start code that prints the folder it works in and waits for its input: (process, folder). Killed at the end."""
    started = []

    def start(code: str, *arguments: str | Path, **environment: str) -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.communicate()
