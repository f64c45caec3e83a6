"""The processes of one attempt: all that carry its mark, or live in the session of one that does."""

import os
import signal
import time
from contextlib import suppress

import psutil

MARK = "COLES_CHAOS"
KINDS = {  # a part of the command line
    "the flow": ("prefect.engine", "prefect.flow_engine", "flow-run execute"),
    "the worker": ("prefect worker",),
    "the server": ("prefect server",),
    "a Ray worker": ("ray::Worker",),
    "the raylet": ("raylet/raylet",),
    "the GCS": ("gcs_server",),
    "the Spark JVM": ("org.apache.spark",),
}


def ours(mark: str) -> list[psutil.Process]:
    """Living processes of an attempt."""
    found = {p: _session(p) for p in psutil.process_iter() if p.pid != os.getpid() and _alive(p)}
    marked = {p for p in found if _mark(p) == mark}
    sessions = {found[p] for p in marked} - {os.getsid(0)}
    return [p for p, session in found.items() if p in marked or session in sessions]


def pick(mark: str, kind: str) -> list[psutil.Process]:
    """Those of a kind, oldest first."""
    chosen = [p for p in ours(mark) if any(part in _command(p) for part in KINDS[kind])]
    return sorted(chosen, key=lambda p: p.create_time())


def await_none(mark: str, patience: float) -> list[str]:
    """Wait until none is left; the command lines of those that are after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while (left := ours(mark)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [_command(p)[:120] for p in left]


def end_all(mark: str) -> None:
    """Kill what is left."""
    for process in ours(mark):
        send(process, signal.SIGKILL)


def send(process: psutil.Process, number: int) -> None:
    """A signal to a process that may have ended."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None
