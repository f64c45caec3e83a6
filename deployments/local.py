"""A Prefect server and a worker of one's own on loopback, for as long as a block runs."""

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from coles_ops.artefacts import home, write_text
from coles_ops.litter import sweep
from coles_ops.locks import locked
from coles_ops.schema import UserError
from coles_ops.scratch import scratch
from deployments.endings import ending_in_order
from deployments.environment import POOL, ROOT, environment
from deployments.processes import MARK, end
from deployments.services import Service, ServiceError, failed

log = logging.getLogger("coles.local")

STARTUP = 300  # seconds; a new database takes 25 on two cores, more where others work on them


class LaunchError(UserError):
    """The local server and worker can't be started here; says why."""


@contextmanager
def local_prefect(port: int = 0) -> Iterator[str]:
    """Keep a server on embedded SQLite and a ``process`` worker up, yield the API's URL, stop all of it in order.

    The environment of this process points at the server while the block runs, and SIGINT and SIGTERM both end the
    block by a KeyboardInterrupt; environment and handlers are those from before afterwards.

    Args:
        port: of the server; 0 takes one that is free.

    Raises:
        LaunchError: the port is taken or none, or another process uses this home's database.
        ServiceError: the server or the worker does not stay up.
    """
    folder = home().prefect
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port(port)
    url = f"http://127.0.0.1:{port}/api"
    launch, note = uuid4().hex, folder / "launch"
    server_command = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
    worker_command = ["worker", "start", "--pool", POOL, "--type", "process", "--limit", "1"]
    server = Service("server", server_command, folder, f"{launch}.server", patience=0)  # its port is wanted at once
    worker = Service("worker", worker_command, folder, f"{launch}.worker", on_exit=partial(_mark_crashed_when_up, url))
    with ExitStack() as stack:
        stack.enter_context(_only_one(folder / ".lock"))
        stack.enter_context(_raising_failures([server, worker]))
        stack.enter_context(ending_in_order())
        if note.exists():
            end(note.read_text())  # a launch that was killed could not clean up
        sweep()
        write_text(note, launch)
        temporary = stack.enter_context(scratch("launch"))  # what the libraries leave there goes with it
        stack.enter_context(_variables(_settings(folder, url) | {MARK: launch, "TMPDIR": str(temporary)}))
        stack.callback(end, launch)
        log.info("starting the Prefect server on 127.0.0.1:%d", port)
        stack.enter_context(server)
        _mark_crashed_when_up(url)
        stack.callback(_mark_crashed_if_up, url)  # what the worker leaves open when it is stopped
        log.info("registered %s", ", ".join(_register()))
        stack.enter_context(worker)
        yield url


def _settings(folder: Path, url: str) -> dict[str, str]:
    return environment(
        PREFECT_HOME=str(folder),
        PREFECT_API_URL=url,
        PREFECT_PROFILES_PATH=str(folder / "none.toml"),
    )


@contextmanager
def _variables(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables, for Prefect in this process too, and set back what was there before."""
    before = dict(os.environ)
    os.environ.update(values)
    _reread_settings()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _reread_settings()


def _reread_settings() -> None:
    if context := sys.modules.get("prefect.context"):
        context.refresh_global_settings_context()


@contextmanager
def _raising_failures(services: list[Service]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as ended:
        if failure := failed(services, ended):
            raise failure from None
        raise


def _register() -> list[str]:
    """In a process that ends: importing the flows takes 400 MB."""
    command = [sys.executable, "-m", "deployments.cli", "deploy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"the deployments could not be registered:\n{done.stdout}{done.stderr}")
    return done.stdout.split()


def _mark_crashed_when_up(url: str) -> None:
    deadline = time.monotonic() + STARTUP
    while not _answers(url):
        if time.monotonic() > deadline:
            raise ServiceError(f"the Prefect server did not answer within {STARTUP} s")
        time.sleep(0.5)
    _mark_crashed()


def _mark_crashed_if_up(url: str) -> None:
    if _answers(url):  # else it is done at the next start
        _mark_crashed()


def _mark_crashed() -> None:
    """Mark the flow runs Crashed that a dead worker left open; no worker of ours is up."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
    from prefect.states import Crashed

    ours = WorkPoolFilter.model_validate({"name": {"any_": [POOL]}})
    left_open = FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}})
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=left_open, work_pool_filter=ours):
            client.set_flow_run_state(run.id, Crashed(message="its worker was stopped"), force=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    lock = locked(path)
    if not lock:
        raise LaunchError(f"coles already runs on {path.parent}: stop it first, or set COLES_HOME")
    with lock:
        yield


def _free_port(wanted: int = 0) -> int:
    """The wanted port if it is free, any free one for 0; raises LaunchError otherwise."""
    if not 0 <= wanted <= 65535:
        raise LaunchError(f"--port {wanted}: a port is a number from 1 to 65535, or 0 for any that is free")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
        try:
            probe.bind(("127.0.0.1", wanted))
        except PermissionError:
            raise LaunchError(f"--port {wanted}: this user may not open it: name one above 1023") from None
        except OSError:
            raise LaunchError(f"port {wanted} of 127.0.0.1 is taken: name another with --port") from None
        return probe.getsockname()[1]
