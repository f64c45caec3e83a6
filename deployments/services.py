"""A child process that is kept up: started again when it ends, until nobody wants it any more."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

from deployments.endings import Terminated
from deployments.environment import ROOT
from deployments.processes import MARK, PATIENCE, end

log = logging.getLogger("coles.local")

QUICK = 60.0  # seconds: who lives shorter has not come up
TRIES = 3  # quick deaths in a row before we give up


class ServiceError(RuntimeError):
    """The Prefect server or worker does not stay up; names its log."""


class Service:
    """A Prefect command that runs, and is started again, as long as the block does.

    It has a session of its own: Ctrl-C reaches us alone, and we stop things in order. Where it does not stay up, this
    process gets SIGTERM, and ``failure`` says why.

    Args:
        name: server or worker.
        arguments: of ``prefect``.
        folder: where its log ``<name>.log`` goes.
        mark: of its processes; those of its children too.
        on_exit: called after each death and before the next start, from a thread of its own.
        patience: seconds that what it leaves behind has to clean up in after its death.
    """

    def __init__(
        self,
        name: str,
        arguments: list[str],
        folder: Path,
        mark: str,
        on_exit: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
    ) -> None:
        self.log_file = folder / f"{name}.log"
        self.failure: ServiceError | None = None
        self._name, self._arguments, self._mark = name, arguments, mark
        self._on_exit, self._patience = on_exit, patience
        self._wanted, self._lock = True, Lock()

    def __enter__(self) -> "Service":
        self.log_file.write_bytes(b"")
        self._process = self._start()
        Thread(target=self._keep_up, name=f"keep up the {self._name}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:  # from here on nothing is started
            self._wanted = False
        end(self._mark)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log_file.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "prefect", *self._arguments],
                cwd=ROOT,
                env={**os.environ, MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _keep_up(self) -> None:
        quick = 0
        while self._wanted:
            began = time.monotonic()
            code = self._process.wait()
            quick = quick + 1 if time.monotonic() - began < QUICK else 0
            if not self._wanted:
                return
            what = f"the Prefect {self._name} ended with code {code}"
            if quick == TRIES:
                return self._fail(f"{what}, and {TRIES} times in a row within {QUICK:.0f} s of its start")
            log.warning("%s: it is started again; its log is %s", what, self.log_file)
            end(self._mark, self._patience)
            try:
                self._on_exit()
            except Exception as error:  # noqa: BLE001  # no other than this thread could tell it
                return self._fail(f"{what} and could not be started again: {error}")
            with self._lock:
                if self._wanted:
                    self._process = self._start()

    def _fail(self, why: str) -> None:
        with self._lock:
            if self._wanted:
                self.failure = ServiceError(f"{why}; its log is {self.log_file}")
                os.kill(os.getpid(), signal.SIGTERM)


def failed(services: list[Service], end_of_block: KeyboardInterrupt) -> ServiceError | None:
    """The failure behind a SIGTERM that a service sent."""
    found = [service.failure for service in services if service.failure]
    return found[0] if found and isinstance(end_of_block, Terminated) else None
