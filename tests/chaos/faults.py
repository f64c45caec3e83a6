"""What is done to the job, and how the command may end then."""

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from chaos import disk
from chaos.job import STAGES, Job
from chaos.processes import pick, send


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes: a command at work."""

    job: Job
    mark: str  # of the processes
    pid: int  # of the command, which leads a session
    home: Path
    phase: str
    rng: Random


@dataclass(frozen=True)
class Fault:
    """One line of the table."""

    what: str
    phase: str
    strike: Callable[[Scene], bool]  # False: there was nothing to strike yet
    ends: tuple[int, ...]  # exit codes that the command may end with
    command: str = "run"
    quiet: bool = False  # no traceback may be shown
    small_disk: bool = False
    settings: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """Of the attempt; ``--only`` looks in it."""
        return f"{self.command}, {self.what}, {self.phase}"


def _ctrl_c(scene: Scene) -> bool:
    """As a terminal does it: to the whole foreground group."""
    os.killpg(scene.pid, signal.SIGINT)
    return True


def _signal(number: int) -> Callable[[Scene], bool]:
    def strike(scene: Scene) -> bool:
        os.kill(scene.pid, number)
        return True

    return strike


def _kill(kind: str) -> Callable[[Scene], bool]:
    def strike(scene: Scene) -> bool:
        found = pick(scene.mark, kind)
        for process in [scene.rng.choice(found)] if kind == "a Ray worker" and found else found:
            send(process, signal.SIGKILL)
        return bool(found)

    return strike


def _fill_disk(scene: Scene) -> bool:
    return disk.leave(scene.home, int(scene.rng.random() * scene.job.bytes_of(scene.phase)))


def _starve(scene: Scene) -> bool:
    """No more address space for the process of a trial than it has, and a little."""
    found = pick(scene.mark, "a Ray worker")
    for process in found:
        limit = process.memory_info().vms + scene.rng.randrange(16 << 20)
        process.rlimit(resource.RLIMIT_AS, (limit, limit))
    return bool(found)


def _nothing(_scene: Scene) -> bool:
    return True


NO_HOST = ("tracking.mode=online", "tracking.sync_timeout=20")
_SIGNALS: dict[str, tuple[Callable[[Scene], bool], tuple[int, ...]]] = {
    "Ctrl-C": (_ctrl_c, (130,)),
    "SIGTERM": (_signal(signal.SIGTERM), (143,)),
    "SIGKILL": (_signal(signal.SIGKILL), (-signal.SIGKILL,)),
}
_LAST = list(STAGES)[-1]
_TOO_LATE = {"Ctrl-C": (0,), "SIGTERM": (0,), "SIGKILL": ()}  # when the report stands, the command is at its end
_BY_ITSELF = (0, 1)  # it goes on, or it fails and says so

FAULTS = [
    *(
        Fault(what, phase, strike, ends if phase != _LAST else (*ends, *_TOO_LATE[what]), quiet=True)
        for phase in STAGES
        for what, (strike, ends) in _SIGNALS.items()
    ),
    *(Fault("SIGKILL of the Spark JVM", phase, _kill("the Spark JVM"), _BY_ITSELF) for phase in ("read", "validate")),
    *(
        Fault(f"SIGKILL of {kind}", "search", _kill(kind), _BY_ITSELF)
        for kind in ("a Ray worker", "the raylet", "the GCS")
    ),
    Fault("a trial's memory is exhausted", "search", _starve, _BY_ITSELF),
    *(Fault("the disk is full", phase, _fill_disk, _BY_ITSELF, small_disk=True) for phase in STAGES),
    Fault("W&B does not answer", "track", _nothing, (0,), settings=NO_HOST),
    *(
        Fault(what, phase, *how, command="launch", quiet=True)
        for phase in ("validate", "search", "evaluate")
        for what, how in _SIGNALS.items()
    ),
    *(
        Fault(f"SIGKILL of {kind}", phase, _kill(kind), ends, command="launch")
        for phase in ("validate", "search", "evaluate")
        for kind, ends in {"the flow": (1,), "the worker": _BY_ITSELF, "the server": _BY_ITSELF}.items()
    ),
    Fault("SIGTERM", "search", *_SIGNALS["SIGTERM"], command="serve", quiet=True),
    *(
        Fault(f"SIGKILL of {kind}", "search", _kill(kind), (143,), command="serve")
        for kind in ("the flow", "the worker", "the server")
    ),
]
