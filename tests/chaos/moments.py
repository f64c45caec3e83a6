"""Moments of a job: drawn from the time line of the reference, and met again in a run of any speed.

The log of the job tells where it is. A moment is the n-th line of a phase and the seconds after it, so that a run that
is slower or faster is hit at the same place of its work, not at the same time.
"""

import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from pydantic import BaseModel

_TOLD = re.compile(r"\b(\w+) …|: done in|step \d+ of|round \d+ of|evaluated \d+ of|expectations over")
_PAUSE = 0.005  # seconds between two looks


class Moment(NamedTuple):
    """So many seconds after a phase's n-th line; line 0 is the one that begins it."""

    phase: str
    line: int
    seconds: float


class Moments(BaseModel):
    """Seconds between the lines that each phase told, and of the whole job."""

    phases: dict[str, list[float]]
    seconds: float

    def draw(self, phase: str, rng: Random) -> Moment:
        """A moment between two lines of a phase: every such stretch is as likely, be it long or short."""
        line = rng.randrange(len(self.phases[phase]))
        return Moment(phase, line, rng.random() * self.phases[phase][line])


def record(log: Path, phases: list[str], over: Callable[[], bool]) -> Moments:
    """Watch a job to its end."""
    started = time.monotonic()
    told: list[tuple[str, float]] = []
    phase = ""
    for begun in _lines(log, over):
        phase = begun if begun in phases else phase
        told.append((phase, time.monotonic()))
    told.append(("", time.monotonic()))
    gaps: dict[str, list[float]] = {name: [] for name in phases}
    for (name, at), (_, following) in pairwise(told):
        if name:
            gaps[name].append(following - at)
    whole = {name: seconds[:-1] for name, seconds in gaps.items()}  # the last line says that it is over
    return Moments(phases=whole, seconds=time.monotonic() - started)


def await_moment(log: Path, moment: Moment, over: Callable[[], bool]) -> bool:
    """Return at the moment, or at the next line where that comes first; False where the job ended before it."""
    line, deadline = -1, None
    for begun in _lines(log, over, tick=True):
        if begun == moment.phase:
            line = 0
        elif begun is not None and line >= 0:
            line += 1
        if line == moment.line and deadline is None:
            deadline = time.monotonic() + moment.seconds
        if line > moment.line or (deadline is not None and time.monotonic() >= deadline):
            return True
    return False


def phase_of(log: Path, phases: list[str]) -> str:
    """The phase a job was in when it last told something."""
    found = [name for match in _TOLD.finditer(_text(log)) if (name := match[1]) in phases]
    return found[-1] if found else ""


def _lines(log: Path, over: Callable[[], bool], tick: bool = False) -> Iterator[str | None]:
    """Of every telling line the phase it begins, or "" ; with ``tick`` also None whenever there is nothing new."""
    seen = 0
    while True:
        last = over()
        found = list(_TOLD.finditer(_text(log)))
        for match in found[seen:]:
            yield match[1] or ""
        seen = len(found)
        if last:
            return
        if tick:
            yield None
        time.sleep(_PAUSE)


def _text(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""
