"""The trials of a run: the folder a search works in, and the one it publishes when all have ended."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.files import DamagedError, read_model, write_json
from coles_ops.artefacts.handle import Artefact
from coles_ops.artefacts.seals import intact
from coles_ops.artefacts.trial import TrialFolder, TrialRecord
from coles_ops.schema import FaultError

log = logging.getLogger("coles.search")

_PUBLISHED, _WORKING = "trials", ".trials"  # below the folder of the run
_SEARCH = ".search.json"  # among the published trials


class RoundRecord(BaseModel):
    """A round of a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int  # up to which its trials were trained
    scores: dict[str, float]  # trial to its best METRIC so far; of those that did not fail


class SearchRecord(BaseModel):
    """How a search went."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: list[str] = []  # all, so that one that is gone is missed
    rounds: list[RoundRecord]
    finalists: dict[str, list[str]]  # specification to its trials, one a seed, the one that was chosen by first


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

    @property
    def search(self) -> SearchRecord:
        """How the search went that ended with them."""
        return read_model(self.path / _SEARCH, SearchRecord)

    def finalists(self) -> dict[str, list[TrialRecord]]:
        """Specification to its trials, one a seed: those that may win."""
        named = self.search.finalists
        found = {record.trial: record for record in self.records()}
        return {spec: [found[trial] for trial in trials] for spec, trials in named.items()}


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

    def discard(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.path)

    def publish(self, fingerprint: str, search: SearchRecord) -> Trials:
        """Rename the trials in; raises FaultError where one of them has not ended."""
        folders = self.folders()
        if running := [folder.name for folder in folders if not folder.sealed]:
            raise FaultError(f"{', '.join(running)}: not ended yet; the same command goes on")
        names = [folder.name for folder in folders]
        write_json(self.path / _SEARCH, search.model_copy(update={"trials": names}))
        return Trials(path=self.path.rename(self.path.with_name(_PUBLISHED)), fingerprint=fingerprint)

    def published(self, fingerprint: str) -> Trials | None:
        """The published trials, where all are as they were sealed; else those that are go back to work."""
        target = self.path.with_name(_PUBLISHED)
        if not target.exists():
            return None
        try:
            names = Trials.of(target.parent).search.trials
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
