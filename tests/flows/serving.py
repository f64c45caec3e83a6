"""``coles serve`` as users start it, and what its server says."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds
T = TypeVar("T")


def coles(*arguments: str, home: Path, folder: Path = ROOT, **variables: str) -> subprocess.Popen[str]:
    """The command line as it is called in a folder, with what it prints in ``home/console``."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "console").open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "deployments.cli", *arguments],
            cwd=folder,
            env={**os.environ, "COLES_HOME": str(home), **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )


def printed(home: Path) -> str:
    return (home / "console").read_text()


def eventually(what: Callable[[], T], home: Path) -> T:
    """What it gives once that is true; fails with what was printed where it never is, even on a busy machine."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, printed(home)
        time.sleep(0.3)
    return found


def left_of(home: Path, *words: str) -> list[psutil.Process]:
    """Processes of this home, those with all words in their command line."""

    def uses(process: psutil.Process) -> bool:
        try:
            command = " ".join(process.cmdline())
            return process.environ().get("COLES_HOME") == str(home) and all(word in command for word in words)
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if uses(process)]


@contextmanager
def api(url: str) -> Iterator[SyncPrefectClient]:
    """A client of the server at this address, whatever this process uses itself."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        yield client


def runs_of(url: str, deployment: str) -> list[FlowRun]:
    """Its flow runs, those that began first, first; those to come are not among them."""
    with api(url) as client:
        wanted = client.read_deployment_by_name(deployment).id
        found = [run for run in client.read_flow_runs() if run.deployment_id == wanted and run.start_time]
        return sorted(found, key=lambda run: run.start_time)


def states_in(home: Path) -> list[str]:
    """Those of all flow runs, when the server is down."""
    with sqlite3.connect(home / "prefect" / "prefect.db") as connection:
        return [state for (state,) in connection.execute("select state_type from flow_run")]
