"""A trial on the disk: its records, and the folder it works in and ends as.

::

    running.json     what is trained here, how many of its epochs were reported, and how often memory was too small
    progress.jsonl   a line for every epoch trained
    state.pt         the state of the last epoch
    encoder.pt       the encoder of the best epoch
    error.json       the trial's own error, where it died of one
    trial.json       how it ended: from here on the files of a running trial count for nothing, and go
    .seal.json       what is there at the end, with sizes and digests

Everything is written whole or not at all, and trial.json before anything is taken away: a process that dies in between
leaves a trial that goes on, or one whose end is tidied up by the next.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.files import M, read_model, reading, write_json, write_text
from coles_ops.artefacts.seals import SEAL, seal
from coles_ops.config import Training

METRIC = "probe_roc_auc"  # of an epoch: what the scheduler prunes by, and the best encoder is kept by


class Status(StrEnum):
    """How a trial stands."""

    RUNNING = "running"
    FINISHED = "finished"
    PRUNED = "pruned"  # stopped early by the scheduler
    FAILED = "failed"  # died of its own error


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class EpochRecord(_Record):
    """An epoch; an objective may report more figures than these."""

    model_config = ConfigDict(extra="allow")

    epoch: int  # from 1
    loss: float
    probe_roc_auc: float  # METRIC, over validation clients
    seconds: float
    peak_mb: float  # of the process
    micro_batches: int = 1  # parts a batch was computed in


class RunningRecord(_Record):
    """A trial that has begun and not ended."""

    training: Training
    parameters: int
    epochs_reported: int  # after which the scheduler let it go on
    shortages: int = 0  # times the memory was too small, which decides the parts of a batch


class ErrorRecord(_Record):
    """What a trial died of."""

    type: str
    message: str
    traceback: str


class TrialRecord(_Record):
    """A trial that has ended; one that failed has neither epochs nor an encoder."""

    trial: str
    training: Training
    status: Status
    epochs: int = 0
    best_epoch: int | None = None
    probe_roc_auc: float | None = None  # METRIC, of the best epoch
    seconds: float | None = None
    parameters: int | None = None
    peak_mb: float | None = None
    micro_batches: int | None = None
    error: ErrorRecord | None = None


@dataclass(frozen=True)
class TrialFolder:
    """The folder of one trial, running or ended. What cannot be read is a DamagedError with the file's path."""

    path: Path

    @property
    def name(self) -> str:
        """The trial's id."""
        return self.path.name

    @property
    def encoder(self) -> Path:
        """The encoder of the best epoch."""
        return self.path / "encoder.pt"

    @property
    def state(self) -> Path:
        """Model, optimiser and schedule after the last epoch."""
        return self.path / "state.pt"

    @property
    def status(self) -> Status | None:
        """How the trial stands; None where it has not begun."""
        if record := self.record():
            return record.status
        return Status.RUNNING if self._running.exists() else None

    @property
    def sealed(self) -> bool:
        """Whether nothing will be written here any more."""
        return (self.path / SEAL).exists()

    def running(self) -> RunningRecord | None:
        """What runs here; None where nothing was begun, or it has ended."""
        return _read(self._running, RunningRecord)

    def write_running(self, record: RunningRecord) -> None:
        """Note what runs here and how far it was reported."""
        write_json(self._running, record)

    def progress(self) -> list[EpochRecord]:
        """The epochs so far."""
        if not self._progress.exists():
            return []
        with reading(self._progress) as file:
            return [EpochRecord.model_validate_json(line) for line in file.read_text().splitlines()]

    def write_progress(self, epochs: list[EpochRecord]) -> None:
        """Write the epochs so far."""
        write_text(self._progress, "".join(epoch.model_dump_json() + "\n" for epoch in epochs))

    @contextmanager
    def writing(self, file: Path) -> Iterator[Path]:
        """Yield the path of a temporary file to write, which then takes the place of one of this folder."""
        partial = self.path / f".{file.name}"
        yield partial
        partial.replace(file)

    def error(self) -> ErrorRecord | None:
        """What the trial died of; None where it has no error of its own."""
        return _read(self._error, ErrorRecord)

    def write_error(self, error: BaseException) -> None:
        """Note what the trial died of."""
        trace = "".join(traceback.format_exception(error))
        write_json(self._error, ErrorRecord(type=type(error).__name__, message=str(error), traceback=trace))

    def clear_error(self) -> None:
        """Forget the error of an earlier try."""
        self._error.unlink(missing_ok=True)

    def record(self) -> TrialRecord | None:
        """How the trial ended; None where it has not."""
        return _read(self._record, TrialRecord)

    def close(self, training: Training, status: Status, error: ErrorRecord | None = None) -> None:
        """Write how the trial ended, and take away what only a running one needs.

        Args:
            training: what was trained.
            status: any but running.
            error: why it failed; its progress and encoder then count for nothing.
        """
        ended = TrialRecord(trial=self.name, training=training, status=status, error=error)
        if error is None:
            epochs, running = self.progress(), self.running()
            assert running is not None
            best = max(epochs, key=lambda epoch: epoch.probe_roc_auc)
            figures = {
                "epochs": len(epochs),
                "best_epoch": best.epoch,
                METRIC: best.probe_roc_auc,
                "seconds": sum(epoch.seconds for epoch in epochs),
                "parameters": running.parameters,
                "peak_mb": max(epoch.peak_mb for epoch in epochs),
                "micro_batches": max(epoch.micro_batches for epoch in epochs),
            }
            ended = ended.model_copy(update=figures)
        write_json(self._record, ended)
        self.tidy()

    def tidy(self) -> None:
        """Take away what only a running trial needs, or a failed one has no use for, and seal the rest."""
        useless = [self._running, self.state, self._error]
        if self.status is Status.FAILED:
            useless += [self.encoder, self._progress]
        for file in (*useless, *self.path.glob(".*")):
            if file.name != SEAL:
                file.unlink(missing_ok=True)
        seal(self.path)

    def read_all(self) -> None:
        """Read every record that is there; raises DamagedError where one cannot be."""
        self.running(), self.progress(), self.error(), self.record()

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    @property
    def _progress(self) -> Path:
        return self.path / "progress.jsonl"

    @property
    def _error(self) -> Path:
        return self.path / "error.json"

    @property
    def _record(self) -> Path:
        return self.path / "trial.json"


def _read(file: Path, kind: type[M]) -> M | None:
    return read_model(file, kind) if file.exists() else None
