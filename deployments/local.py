"""A Prefect server and a worker of one's own on loopback, for as long as a block runs."""

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

import psutil

from coles_ops.artefacts import home
from coles_ops.litter import sweep
from coles_ops.scratch import own_temporary_folder
from deployments.environment import ROOT, environment

log = logging.getLogger("coles.local")

MARKER = "COLES_LAUNCH"  # in the environment of all that is started, so that no orphan escapes
STARTUP = 180  # seconds; a new database takes 25 on two cores


class LaunchError(ValueError):
    """The local server or worker did not come up; says why."""


@contextmanager
def local_prefect(port: int = 0) -> Iterator[str]:
    """Start a server on embedded SQLite and a ``process`` worker, yield the API's URL, stop all of it.

    The environment of this process points at the server while the block runs.

    Args:
        port: of the server; 0 takes one that is free.

    Raises:
        LaunchError: the port is taken, another process uses this home's database, or something does not come up.
    """
    folder = home() / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port(port)
    url = f"http://127.0.0.1:{port}/api"
    launch, note = uuid4().hex, folder / "launch"
    own_temporary_folder()
    os.environ.update(
        environment(PREFECT_HOME=str(folder), PREFECT_API_URL=url, PREFECT_PROFILES_PATH=str(folder / "none.toml"))
    )
    os.environ[MARKER] = launch
    with ExitStack() as stack:
        stack.enter_context(_only_one(folder / ".lock"))
        if note.exists():
            _sweep(note.read_text())  # a launch that was killed could not clean up
        sweep()
        note.write_text(launch)
        stack.callback(_sweep, launch)
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
        ):  # both end the block in order; a background shell ignores SIGINT
            signal.signal(number, signal.default_int_handler)
        output = {name: stack.enter_context((folder / f"{name}.log").open("w")) for name in ("server", "worker")}
        log.info("starting the Prefect server on 127.0.0.1:%d", port)
        server = _start("server", "start", "--host", "127.0.0.1", "--port", str(port), output=output["server"])
        _await_server(url, server, folder / "server.log")
        from deployments.registration import POOL, register

        _bury_dead_runs()
        log.info("registered %s", ", ".join(register()))
        _start("worker", "start", "--pool", POOL, "--type", "process", output=output["worker"])
        yield url


def _start(*arguments: str, output: IO[str]) -> subprocess.Popen[str]:
    """A Prefect command in a session of its own: Ctrl-C reaches us alone, and we stop things in order."""
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _await_server(url: str, server: subprocess.Popen[str], log_file: Path) -> None:
    deadline = time.monotonic() + STARTUP
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise LaunchError(f"the Prefect server ended with code {server.returncode}; its log is {log_file}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise LaunchError(f"the Prefect server did not answer within {STARTUP} s; its log is {log_file}")


def _bury_dead_runs() -> None:
    """Runs that a killed machine left open hold their deployment's only slot; no worker of ours is up yet."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.states import Crashed

    open_states = {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"state": open_states})):
            client.set_flow_run_state(run.id, Crashed(message="its worker was stopped"), force=True)


def _sweep(launch: str, patience: float = 20) -> None:
    """End all processes of this launch: ask first, then kill."""
    ours = [p for p in psutil.process_iter() if p.pid != os.getpid() and _launch_of(p) == launch]
    for process in ours:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(ours, timeout=patience)
    for process in {
        *alive,
        *(p for p in psutil.process_iter() if p.pid != os.getpid() and _launch_of(p) == launch),
    }:
        _signal(process, signal.SIGKILL)


def _launch_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARKER)
    except psutil.Error:
        return None


def _signal(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(f"coles already runs on {path.parent}: stop it first, or set COLES_HOME") from None
        yield


def _free_port(wanted: int = 0) -> int:
    """The wanted port if it is free, any free one for 0; raises LaunchError where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            raise LaunchError(f"port {wanted} of 127.0.0.1 is taken: name another with --port") from None
        return probe.getsockname()[1]
