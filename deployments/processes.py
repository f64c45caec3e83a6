"""The processes of a launch: found by a mark in their environment, so that no orphan escapes, and ended in order."""

import os
import signal
import time
from contextlib import suppress

import psutil

MARK = "COLES_LAUNCH"  # in the environment of all that is started
PATIENCE = 20.0  # seconds to clean up in, before a process is killed
_AFTERMATH = 10.0  # seconds in which a killed process must be gone, unless the system keeps it


def marked(mark: str) -> list[psutil.Process]:
    """All processes but this one whose mark begins so."""
    assert mark, "every process begins with nothing"
    return [p for p in psutil.process_iter() if p.pid != os.getpid() and _mark_of(p).startswith(mark)]


def end(mark: str, patience: float = PATIENCE) -> None:
    """End all marked processes: ask those that lead the others, then those left behind; kill what is not gone in time.

    A flow run is asked before its Java and its Ray, so that it stops them and removes what they wrote.
    """
    deadline = time.monotonic() + patience
    asked: set[psutil.Process] = set()
    while (ours := marked(mark)) and time.monotonic() < deadline + _AFTERMATH:
        late = time.monotonic() > deadline
        for process in ours:
            with suppress(psutil.Error):
                if late:
                    process.kill()
                elif process not in asked and _leads(process, ours):
                    asked.add(process)
                    process.send_signal(signal.SIGTERM)
        time.sleep(0.1)


def _leads(process: psutil.Process, others: list[psutil.Process]) -> bool:
    """Whether it has a session of its own, as server, worker and flow runs have, or no parent among the others."""
    with suppress(ProcessLookupError):
        return os.getsid(process.pid) == process.pid or process.ppid() not in {other.pid for other in others}
    return False


def _mark_of(process: psutil.Process) -> str:
    try:
        return process.environ().get(MARK, "")
    except psutil.Error:
        return ""
