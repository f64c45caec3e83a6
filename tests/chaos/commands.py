"""The commands that are hurt: each gives its exit code in the end, and tells in a log where the job is."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from threading import Event

import psutil

from chaos.job import COLES, ROOT, environment

STOPPED = Event()  # set where the suite itself is interrupted
_LOOK = 0.2  # seconds between two looks
_OVER = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class StoppedError(Exception):
    """The suite was interrupted."""


class Command:
    """``coles run`` or ``coles launch`` on a config, as a session of its own.

    Args:
        words: after ``coles``.
        output: where both streams go.
        variables: of the environment.
        limit: seconds after which it hangs.
    """

    def __init__(self, words: list[str], output: Path, variables: dict[str, str], limit: float):
        self.output, self.deadline = output, time.monotonic() + limit
        with output.open("w") as file:
            self.process = subprocess.Popen(
                [*COLES, *words],
                env=environment(**variables),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def told(self) -> str:
        """What it printed."""
        return self.output.read_text(errors="replace").strip()

    def over(self) -> bool:
        """Whether it has ended.

        Raises:
            TimeoutError: it hangs.
            StoppedError: nobody wants to know any more.
        """
        if STOPPED.is_set():
            raise StoppedError
        ended = self.process.poll() is not None
        if not ended and time.monotonic() > self.deadline:
            raise TimeoutError(f"it hung: {self.told[-300:]}")
        return ended

    def code(self) -> int:
        """Its exit code, when it has ended."""
        while not self.over():
            time.sleep(_LOOK)
        return self.process.wait()


class Serving(Command):
    """``coles serve``, with a run of coles/full on it; ended by SIGTERM when that run is over."""

    def __init__(self, config: Path, output: Path, variables: dict[str, str], limit: float):
        super().__init__(["serve", "--port", "0"], output, variables, limit)
        while not (url := re.search(r"PREFECT_API_URL=(\S+)", self.told)) and not self.over():
            time.sleep(_LOOK)
        self.api = url[1] if url else ""
        submit = [sys.executable, "-m", "prefect", "deployment", "run", "coles/full"]
        subprocess.run(
            [*submit, "--param", f"config={json.dumps(str(config))}"],
            env=environment(**variables, PREFECT_API_URL=self.api),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def code(self) -> int:
        """Its exit code; what ends it, where the fault has not."""
        while not self.over() and self._state() not in _OVER:
            time.sleep(_LOOK)
        if self.process.poll() is None:
            psutil.Process(self.process.pid).terminate()
        return super().code()

    def _state(self) -> str:
        request = urllib.request.Request(f"{self.api}/flow_runs/filter", b"{}", {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                (run,) = json.load(answer)
                return run["state_type"]
        except OSError:  # a server that was killed answers again
            return ""


def start(name: str, config: Path, pairs: list[str], output: Path, variables: dict[str, str], limit: float) -> Command:
    """Give the command to work on a config."""
    if name == "serve":
        return Serving(config, output, variables, limit)
    return Command([name, str(config), *pairs], output, variables, limit)
