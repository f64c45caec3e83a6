"""Trials shown in W&B while they run, by a process of its own that reads what they write.

The search knows nothing of it, and nothing waits for it: it may stall, be refused or die. What it has shown by then
is made whole when the run is tracked, by the same ids from the same files.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from coles_ops.artefacts.trial import Status, TrialFolder
from coles_ops.artefacts.trials import Trials, WorkingTrials
from coles_ops.run import Run
from coles_ops.scratch import scratch
from coles_ops.tracking.records import begun_trial
from coles_ops.tracking.sending import end, refused
from coles_ops.tracking.writing import begin, kept_together, log_probe

log = logging.getLogger("coles.track")

_LOOK = 2.0  # seconds between looks at the files


_MAIN = "import sys; from coles_ops.tracking.live import main; main(*sys.argv[1:])"


@contextmanager
def shown_live(run: Run) -> Iterator[None]:
    """Show trials in W&B that begin while the block lasts, where ``tracking.mode`` is ``online``."""
    if run.config.tracking.mode != "online":
        yield
        return
    with scratch("live") as folder, (folder / "said.txt").open("w+") as said:
        child = subprocess.Popen(
            [sys.executable, "-c", _MAIN, str(run.path), str(folder)],
            stdin=subprocess.PIPE,  # it ends with us, however we end
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,  # Ctrl-C is not for it
        )
        try:
            yield
        finally:
            failed = child.poll()
            end(child)
        if failed:
            said.seek(0)
            reason = (said.read().strip().splitlines() or [f"it ended by {failed}"])[-1]
            log.warning("W&B did not show the trials while they ran: %s", reason)


def follow(run: Run, folder: Path, mode: Literal["offline", "online"] = "online") -> None:
    """Show trials from now on until all of them have ended, each as a W&B run of its own.

    Args:
        run: trials that it has published already are shown when it is tracked.
        folder: for wandb's own files.
        mode: ``offline`` shows them to nobody, and writes the same.
    """
    published, working = Trials.of(run.path).path, WorkingTrials.of(run.path)
    feeds: dict[str, _Feed] = {}
    over = published.exists()
    while not over:
        time.sleep(_LOOK)
        over = published.exists()  # looked at first: then the trials in it are read to their end
        for path in sorted((published if over else working.path).glob("[!.]*/")):
            with suppress(FileNotFoundError):  # renamed, or rewritten, while it is read: the next look sees it
                feeds.setdefault(path.name, _Feed(run, folder, mode)).show(TrialFolder(path))


class _Feed:
    """What of one trial is shown."""

    def __init__(self, run: Run, folder: Path, mode: Literal["offline", "online"]):
        self._run, self._folder, self._mode = run, folder, mode
        self._tracked: Any = None
        self._shown, self._ended = 0, False

    def show(self, trial: TrialFolder) -> None:
        """Show what is new."""
        begun, ended, probes = trial.running(), trial.record(), trial.progress()
        known = ended or begun
        if self._ended or known is None:
            return
        if self._tracked is None:
            record = begun_trial(self._run, trial.name, known.training)
            self._tracked = begin(self._run, record, self._folder, self._mode)
        for probe in probes[self._shown :]:
            log_probe(self._tracked, probe.model_dump())
        self._shown = max(self._shown, len(probes))
        if ended:
            self._ended = True
            self._tracked.finish(exit_code=int(ended.status is Status.FAILED))


def main(path: str, folder: str) -> None:
    """What the process does: show the trials of the run at a path, unless W&B refuses."""
    os.nice(10)  # trials come first
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if reason := refused():
        sys.exit(reason)
    run = Run(Path(path))
    with kept_together(run.path):
        follow(run, Path(folder))


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # not by the buffer, whose lock an end of ours would wait for
    os._exit(1)  # at once, whatever W&B is waited for
