"""A trial on the disk: its records, and the folder it works in and ends as.

::

    running.json     what is trained here, and how often memory was too small
    progress.jsonl   a line for every probe of the encoder
    state.pt         the state of the training at the last probe
    encoder.pt       the encoder of the best probe
    error.json       the trial's own error, where it died of one
    trial.json       how it ended: from here on the files of a running trial count for nothing, and go
    .seal.json       what is there at the end, with sizes and digests

Everything is written whole or not at all, and trial.json before anything is taken away: a process that dies in between
leaves a trial that goes on, or one whose end is tidied up by the next.
"""

import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from coles_ops.artefacts.digests import fingerprint
from coles_ops.artefacts.files import M, read_model, reading, write_json, write_text
from coles_ops.artefacts.seals import SEAL, seal
from coles_ops.config import Training

METRIC = "probe_score"  # of a probe: what trials are pruned by, and the best encoder is kept by


class Status(StrEnum):
    """How a trial stands."""

    RUNNING = "running"
    FINISHED = "finished"
    PRUNED = "pruned"  # out after a round
    FAILED = "failed"  # died of its own error


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class ProbeRecord(_Record):
    """An encoder probed, and the training since the probe before; an objective may report more figures than these."""

    model_config = ConfigDict(extra="allow")

    step: int  # optimiser steps done
    loss: float
    probe_score: float  # METRIC, over clients that tune
    seconds: float  # of the training
    peak_mb: float  # of the process
    micro_batches: int = 1  # parts a batch was computed in


class RunningRecord(_Record):
    """A trial that has begun and not ended."""

    training: Training
    parameters: int
    shortages: int = 0  # times the memory was too small, which decides the parts of a batch


class ErrorRecord(_Record):
    """What a trial died of."""

    type: str
    message: str
    traceback: str


class TrialRecord(_Record):
    """A trial that has ended; one that failed has no encoder."""

    trial: str
    training: Training
    status: Status
    steps: int = 0  # trained
    best_step: int | None = None  # of the encoder that is kept
    probe_score: float | None = None  # METRIC, of that
    seconds: float | None = None
    parameters: int | None = None
    peak_mb: float | None = None
    micro_batches: int | None = None
    error: ErrorRecord | None = None

    @property
    def spec(self) -> str:
        """What it has in common with trials that differ by the seed alone."""
        return spec_id(self.training)


def spec_id(training: Training) -> str:
    """Readable, and the same for trainings that differ by the seed alone: ``gru-sample_slices-64-1f3a5c``."""
    digest = fingerprint(training.model_dump(mode="json", exclude={"seed"}))
    return f"{training.encoder.name}-{training.sampler.name}-{training.encoder.size}-{digest[:6]}"


def trial_id(training: Training) -> str:
    """Of one seed of them: ``gru-sample_slices-64-1f3a5c-0``."""
    return f"{spec_id(training)}-{training.seed}"


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
        """The encoder of the best probe."""
        return self.path / "encoder.pt"

    @property
    def state(self) -> Path:
        """Model, optimiser and schedule at the last probe."""
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
        """Note what runs here."""
        write_json(self._running, record)

    def progress(self) -> list[ProbeRecord]:
        """The probes so far."""
        if not self._progress.exists():
            return []
        with reading(self._progress) as file:
            return [ProbeRecord.model_validate_json(line) for line in file.read_text().splitlines()]

    def write_progress(self, probes: list[ProbeRecord]) -> None:
        """Write the probes so far."""
        write_text(self._progress, "".join(probe.model_dump_json() + "\n" for probe in probes))

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
            error: why it failed; its encoder then counts for nothing.
        """
        ended = TrialRecord(trial=self.name, training=training, status=status, error=error)
        if error is None:
            probes, running = self.progress(), self.running()
            assert running is not None
            best = max(probes, key=lambda probe: probe.probe_score)
            figures = {
                "steps": probes[-1].step,
                "best_step": best.step,
                METRIC: best.probe_score,
                "seconds": sum(probe.seconds for probe in probes),
                "parameters": running.parameters,
                "peak_mb": max(probe.peak_mb for probe in probes),
                "micro_batches": max(probe.micro_batches for probe in probes),
            }
            ended = ended.model_copy(update=figures)
        write_json(self._record, ended)
        self.tidy()

    def tidy(self) -> None:
        """Take away what only a running trial needs, or a failed one has no use for, and seal the rest."""
        useless = [self._running, self.state, self._error]
        if self.status is Status.FAILED:
            useless.append(self.encoder)
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
