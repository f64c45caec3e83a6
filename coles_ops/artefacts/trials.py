"""The trials of a run: the folder a search works in, and the one it publishes when all have ended."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coles_ops.artefacts.files import DamagedError, read_json, write_json
from coles_ops.artefacts.handle import Artefact
from coles_ops.artefacts.seals import intact
from coles_ops.artefacts.trial import Status, TrialFolder, TrialRecord
from coles_ops.schema import FaultError

log = logging.getLogger("coles.search")

_PUBLISHED, _WORKING = "trials", ".trials"  # below the folder of the run
_LIST = ".ended.json"  # among the published trials: their names, so that one that is gone is missed


class Trials(Artefact):
    """Every trial of the search, each in a sealed folder of its own."""

    @classmethod
    def of(cls, run: Path) -> "Trials":
        """Those of a run that has published them, by its folder."""
        return cls(path=run / _PUBLISHED, fingerprint="")

    def folder(self, trial: str) -> TrialFolder:
        """Of one trial."""
        return TrialFolder(self.path / trial)

    def records(self) -> list[TrialRecord]:
        """How each trial ended, by id."""
        return [record for folder in _folders(self.path) if (record := folder.record())]

    def sealed(self) -> list[Path]:
        """The folder of every trial; none where they are not published."""
        return [folder.path for folder in _folders(self.path)] if self.path.exists() else []

    def evaluable(self, pruned: bool) -> list[TrialRecord]:
        """The trials that have an encoder: those that finished and, if wanted, those stopped early."""
        wanted = (Status.FINISHED, Status.PRUNED) if pruned else (Status.FINISHED,)
        return [record for record in self.records() if record.status in wanted]


@dataclass(frozen=True)
class WorkingTrials:
    """The trials of a search that goes on."""

    path: Path

    @classmethod
    def of(cls, run: Path) -> "WorkingTrials":
        """Those of a run, by its folder."""
        return cls(run / _WORKING)

    def folder(self, trial: str) -> TrialFolder:
        """Of one trial, begun or not."""
        return TrialFolder(self.path / trial)

    def folders(self) -> list[TrialFolder]:
        """Of every trial that has begun, by id."""
        return list(_folders(self.path))

    def ended(self) -> dict[str, TrialRecord]:
        """Trial to how it ended."""
        return {folder.name: record for folder in self.folders() if (record := folder.record())}

    def settle(self) -> dict[str, TrialRecord]:
        """``ended``, after tidying up trials that ended in a process which died before it had done so."""
        ended = self.ended()
        for name in ended:
            if not self.folder(name).sealed:
                self.folder(name).tidy()
        return ended

    def reported_scores(self) -> dict[str, list[float]]:
        """Trial to the scores of its first epochs: those the scheduler heard of and decided on.

        All of a trial that ended; of an interrupted one those after which it was let go on. Its last epoch may not have
        been judged, so it is reported to the scheduler that comes next.
        """
        scores = {}
        for folder in self.folders():
            epochs, running = folder.progress(), folder.running()
            reported = len(epochs) if folder.record() else running.epochs_reported if running else 0
            scores[folder.name] = [epoch.probe_roc_auc for epoch in epochs[:reported]]
        return {name: reported for name, reported in scores.items() if reported}

    def discard(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.path)

    def publish(self, fingerprint: str) -> Trials:
        """Rename the trials in; raises FaultError where one of them has not ended."""
        folders = self.folders()
        if running := [folder.name for folder in folders if not folder.sealed]:
            raise FaultError(f"{', '.join(running)}: not ended yet; the same command goes on")
        write_json(self.path / _LIST, [folder.name for folder in folders])
        return Trials(path=self.path.rename(self.path.with_name(_PUBLISHED)), fingerprint=fingerprint)

    def published(self, fingerprint: str) -> Trials | None:
        """The published trials, where all are as they were sealed; else those that are go back to work."""
        target = self.path.with_name(_PUBLISHED)
        if not target.exists():
            return None
        try:
            names = read_json(target / _LIST)
        except (FileNotFoundError, DamagedError):
            names = []
        sound = sum([intact(target / name) for name in names])
        if names and sound == len(names):
            return Trials(path=target, fingerprint=fingerprint, cached=True)
        log.warning("%d of %d trials are there; the others are run again", sound, len(names))
        target.rename(self.path)
        return None


def _folders(path: Path) -> Iterator[TrialFolder]:
    return (TrialFolder(folder) for folder in sorted(path.iterdir()) if folder.is_dir())
