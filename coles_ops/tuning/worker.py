"""What runs in Ray's processes, and what the driver notes of it."""

import logging
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from ray import tune

from coles_ops.artefacts.trial import METRIC, ErrorRecord, Status
from coles_ops.cluster.attempts import Attempt
from coles_ops.cluster.faults import is_own
from coles_ops.embedding.memory import give_back_memory
from coles_ops.tuning.assignment import Assignment
from coles_ops.tuning.gpu import cap_memory
from coles_ops.tuning.rounds import rests
from coles_ops.tuning.trial import Trial


class Worker(tune.Trainable):
    """A process that trains one trial after the other, until one dies in it; torch is imported once."""

    trial: Trial | None = None

    def setup(self, config: dict[str, Any]) -> None:
        """Take a trial, as ``Assignment`` says it; it begins with its first step."""
        self.trial, self.assignment = None, Assignment.model_validate(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take another trial in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """To the next probe; ``done`` marks the last of the round."""
        folder, spec = self.assignment.folder, self.assignment.training
        try:
            if self.trial is None:
                self.trial = self._begin()
            probe = self.trial.step()
        except Exception as error:
            if is_own(error):
                folder.write_error(error)
            raise
        done = rests(spec, self.trial.history, self.assignment.steps)
        return {
            **probe.model_dump(),
            "done": done,
            "name": folder.name,
            "steps": min(self.assignment.steps, spec.steps),
        }

    def _begin(self) -> Trial:
        given = self.assignment
        give_back_memory()
        torch.set_num_threads(max(1, int(given.config.resources.cpus_per_trial)))
        asked = self.trial_resources.required_resources if self.trial_resources else {}
        gpu = asked.get("GPU", 0) if torch.cuda.is_available() else 0
        cap_memory(gpu)
        given.folder.clear_error()  # of an earlier try, of which the driver did not hear
        return Trial(given.training, given.config, given.open_store(), given.folder, "cuda" if gpu else "cpu")

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """A trial keeps its own state, in its own folder."""


class Progress(tune.Callback):
    """In the driver: a line of log for every probe, and a trial closed that has failed."""

    def __init__(self, log: logging.Logger, outcome: Attempt):
        self.log, self.ended, self.outcome = log, 0, outcome
        self._parts: Counter[str] = Counter()

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict[str, Any], **info: Any) -> None:
        """An encoder was probed."""
        name, parts = result["name"], result["micro_batches"]
        self.outcome.succeeded()
        if parts > max(1, self._parts[name]):
            self.log.warning("%s: out of memory, a batch is computed in %d parts from here on", name, parts)
        self._parts[name] = parts
        self.log.info(
            "%s: step %d of %d, loss %.3f, probe score %.4f",
            *(result[k] for k in ("name", "step", "steps", "loss", METRIC)),
        )

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial came to the end of the round."""
        self.ended += 1

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial died, alone: of its own error, or it is left for another try."""
        own = Assignment.model_validate(trial.config).folder.error()
        if own is None:
            self._interrupted(trial, _last_words(trial))
        else:
            self._close(trial, own)

    def on_step_end(self, iteration: int, trials: list, **info: Any) -> None:
        """Give up this Ray where it has died, or where nothing succeeds any more."""
        self.outcome.check()

    def _close(self, trial: Any, error: ErrorRecord) -> None:
        failed = Assignment.model_validate(trial.config)
        try:
            failed.folder.close(failed.training, Status.FAILED, error)
        except OSError as fault:
            self._interrupted(trial, f"{type(fault).__name__}: {fault}")
            return
        self.outcome.succeeded()
        self.ended += 1
        self.log.warning("%s failed: %s: %s", failed.folder.name, error.type, error.message)

    def _interrupted(self, trial: Any, fault: str) -> None:
        self.outcome.interrupted(fault)
        name = Assignment.model_validate(trial.config).folder.name
        self.log.warning("%s was interrupted, its state is kept: %s", name, fault)


def _last_words(trial: Any) -> str:
    """The last line of what Ray says of a trial that died, from its file in Ray's temporary folder."""
    try:
        line = Path(trial.error_file).read_text().strip().splitlines()[-1]
    except (OSError, TypeError, IndexError):
        return "Ray does not say why"
    return textwrap.shorten(line, 160)
