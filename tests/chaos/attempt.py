"""One attempt: hurt the command, give it again until it is done, compare with the reference."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

from pydantic import BaseModel

from chaos import disk
from chaos.faults import Fault, Scene
from chaos.job import COLES, ROOT, STAGES, Job, digests, environment, names
from chaos.moments import await_moment, phase_of
from chaos.processes import MARK, await_none, end_all
from coles_ops.artefacts import file_digest

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
        self.log = self.home / "prefect" / "worker.log" if fault.command == "launch" else self.output
        self.limit = max(_SHORTEST, _PACE * job.moments.seconds)

    def carry_out(self) -> None:
        self.temporary.mkdir()
        self.job.rewound(self.fault.phase, self.home)
        before = file_digest(self.job.config)
        try:
            self._hurt()
            if self.fault.small_disk:
                disk.make_room(self.home)
            self._mend()
            self._compare()
        finally:
            end_all(self.mark)
        assert before == file_digest(self.job.config)

    def _hurt(self) -> None:
        moment = self.job.moments.draw(self.fault.phase, self.rng)
        command = self._start()
        over = self._over(command)
        scene = Scene(self.job, self.mark, command.pid, self.home, self.fault.phase, self.rng)
        struck = await_moment(self.log, moment, over)
        self.outcome.hit = phase_of(self.log, list(STAGES))
        while struck and not self.fault.strike(scene):
            struck = not over()
        if not struck:
            self._blame("the command ended before the fault could strike")
        self.outcome.ended = self._await(command, over)
        told = self.output.read_text(errors="replace")
        if self.outcome.ended not in self.fault.ends:
            self._blame(f"exit code {self.outcome.ended}: {told.strip()[-300:]}")
        if self.fault.quiet and (found := [word for word in _TRACEBACK if word in told]):
            self._blame(f"it shows a {found[0]}: {told.strip()[-300:]}")

    def _mend(self) -> None:
        code = self.outcome.ended
        while code != 0 and self.outcome.again < _TRIES:
            self.outcome.again += 1
            command = self._start()
            code = self._await(command, self._over(command))
        if code != 0:
            self._blame(f"again and again exit code {code}: {self.output.read_text(errors='replace').strip()[-600:]}")

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

    def _start(self) -> subprocess.Popen[bytes]:
        pairs = [word for pair in self.fault.settings for word in ("--set", pair)]
        more = {MARK: self.mark, "COLES_HOME": str(self.home), "TMPDIR": str(self.temporary)}
        with self.output.open("w") as output:
            return subprocess.Popen(
                [*COLES, self.fault.command, str(self.job.config), *pairs],
                env=environment(**more, **(_NO_WANDB if self.fault.settings else {})),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _over(self, command: subprocess.Popen[bytes]) -> Callable[[], bool]:
        """Whether a command has ended; one that hangs is ended."""
        deadline = time.monotonic() + self.limit

        def over() -> bool:
            if command.poll() is None and time.monotonic() > deadline:
                self._blame(f"it hung for {self.limit:.0f} s: {self.output.read_text(errors='replace').strip()[-300:]}")
                end_all(self.mark)
                command.wait()
            return command.poll() is not None

        return over

    @staticmethod
    def _await(command: subprocess.Popen[bytes], over: Callable[[], bool]) -> int:
        while not over():
            time.sleep(0.1)
        return command.wait()

    def _blame(self, what: str) -> None:
        self.outcome.wrong.append(what)
