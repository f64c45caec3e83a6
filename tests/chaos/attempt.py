"""One attempt: hurt the command, give it again until it is done, compare with the reference."""

import shutil
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

from pydantic import BaseModel

from chaos import disk
from chaos.commands import Command, start
from chaos.faults import Fault, Scene
from chaos.job import STAGES, Job, digests, names
from chaos.moments import await_moment, phase_of
from chaos.processes import MARK, await_none, end_all

_DRAWS = 4  # moments drawn until one is met at which there is something to strike
_TRIES = 3  # commands given after the one that was hurt
_PATIENCE = 120.0  # seconds that orphans of a killed process may take to notice it: Ray's agents take up to 110
_PACE = 4  # a command that takes so many times the undisturbed one hangs
_SHORTEST = 240.0  # seconds before anything counts as hanging
_TRACEBACK = ("Traceback (most recent call last)", "Fatal Python error")
_NO_WANDB = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "0" * 40}


class Outcome(BaseModel):
    """A line of the results."""

    name: str
    what: str
    command: str
    phase: str
    code: str  # version of the project's code
    seed: int
    date: str
    hit: str = ""  # the phase that was told last when it struck
    ended: int | None = None  # exit code of the command that was hurt
    said: str = ""  # its last line
    again: int = 0  # commands given after it
    wrong: list[str] = []
    seconds: float = 0

    @property
    def survived(self) -> bool:
        """Whether nothing was lost, wrong or left."""
        return not self.wrong


def attempt(job: Job, fault: Fault, seed: int) -> Outcome:
    """Try a fault; never raises for what the project does wrong."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    outcome = Outcome(
        name=fault.name, what=fault.what, command=fault.command, phase=fault.phase, code=job.folder.name, seed=seed,
        date=now,
    )  # fmt: skip
    started = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="cc-"))  # short: sockets lie below it
    try:
        with disk.mounted(place / "home") if fault.small_disk else nullcontext():
            _Attempt(job, fault, outcome, place).carry_out()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    outcome.seconds = round(time.monotonic() - started, 1)
    return outcome


class _Attempt:
    def __init__(self, job: Job, fault: Fault, outcome: Outcome, place: Path):
        self.job, self.fault, self.outcome = job, fault, outcome
        self.rng = Random(f"{outcome.seed} {fault.name}")
        self.mark, self.home, self.temporary = uuid4().hex, place / "home", place / "t"
        self.output = place / "output"
        self.log = self.output if fault.command == "run" else self.home / "prefect" / "worker.log"
        self.limit = max(_SHORTEST, _PACE * job.moments.seconds)

    def carry_out(self) -> None:
        self.temporary.mkdir()
        try:
            if not any(self._hurt() for _ in range(_DRAWS)):
                self._blame("each time the command ended before the fault could strike")
            if self.fault.small_disk:
                disk.make_room(self.home)
            self._mend()
            self._compare()
        except TimeoutError as hung:
            self._blame(str(hung))
        finally:
            end_all(self.mark)

    def _hurt(self) -> bool:
        """Strike; False where the command ended before: a worker of Ray lives for a part of its phase only."""
        shutil.rmtree(self.home, ignore_errors=True)
        if self.fault.small_disk:
            disk.make_room(self.home)
        self.job.rewound(self.fault.phase, self.home)
        moment = self.job.moments.draw(self.fault.phase, self.rng)
        command = self._start(self.fault.command)
        scene = Scene(self.job, self.mark, command.process.pid, self.home, self.fault.phase, self.rng)
        struck = await_moment(self.log, moment, command.over)
        self.outcome.hit = phase_of(self.log, list(STAGES))
        while struck and not self.fault.strike(scene):
            struck = not command.over()
        self.outcome.ended = command.code()
        self.outcome.said = command.told.rpartition("\n")[2].strip()[:300].replace(str(self.home), "")
        if self.outcome.ended not in self.fault.ends:
            self._blame(f"exit code {self.outcome.ended}: {command.told[-300:]}")
        if self.fault.quiet and (found := [word for word in _TRACEBACK if word in command.told]):
            self._blame(f"it shows a {found[0]}: {_around(command.told, found[0])}")
        return struck

    def _mend(self) -> None:
        name = "run" if self.fault.command == "serve" else self.fault.command
        code = self.outcome.ended if name == self.fault.command else None
        while code != 0 and self.outcome.again < _TRIES:
            self.outcome.again += 1
            command = self._start(name)
            code = command.code()
        if code != 0:
            self._blame(f"again and again exit code {code}: {command.told[-600:]}")

    def _compare(self) -> None:
        """With the reference; and what is left."""
        found, wanted = digests(self.home), self.job.digests
        if wrong := sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name)):
            self._blame(f"other than the reference: {', '.join(wrong)}")
        if left := await_none(self.mark, _PATIENCE):
            self._blame(f"processes left: {'; '.join(left)}")
        if left := sorted(names(self.home) - self.job.names):
            self._blame(f"files left: {', '.join(left[:5])}{' ...' if len(left) > 5 else ''}")
        if left := sorted({path.name for path in self.temporary.iterdir()} - self.job.caches):
            self._blame(f"temporary files left: {', '.join(left)}")

    def _start(self, name: str) -> Command:
        pairs = [word for pair in self.fault.settings for word in ("--set", pair)]
        variables = {MARK: self.mark, "COLES_HOME": str(self.home), "TMPDIR": str(self.temporary)}
        if pairs:
            variables |= _NO_WANDB
        return start(name, self.job.config, pairs, self.output, variables, self.limit)

    def _blame(self, what: str) -> None:
        self.outcome.wrong.append(what)


def _around(text: str, word: str) -> str:
    """A word and what follows it."""
    return text[text.index(word) :][:1500]
