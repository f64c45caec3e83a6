"""What runs in Ray's processes, and what the driver notes of it."""

import logging
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from ray import tune

from coles_ops.config import Config, Training
from coles_ops.store import EventStore
from coles_ops.training.memory import give_back_memory
from coles_ops.tuning.cluster import dead_process
from coles_ops.tuning.faults import LostError, is_own
from coles_ops.tuning.folder import METRIC, close_trial, read_error, write_error
from coles_ops.tuning.gpu import cap_memory
from coles_ops.tuning.space import specify, trial_id
from coles_ops.tuning.trial import Trial

_IN_A_ROW = 3  # faults after which the machine, not this trial or that, is taken to be at fault


class Worker(tune.Trainable):
    """A process that trains one trial after the other, until one dies in it; torch is imported once."""

    trial: Trial | None = None

    def setup(self, config: dict[str, Any]) -> None:
        """Take a trial: its choice, the store's path, the folder all trials work in. It begins with its first epoch."""
        self.trial, self.given = None, config

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take another trial in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """One epoch; ``whole`` marks the last, since Ray sets ``done`` also where the scheduler stops a trial."""
        config = Config.model_validate(self.given["config"])
        spec = specify(config, self.given["choice"])
        folder = Path(self.given["working"]) / trial_id(spec)
        try:
            if self.trial is None:
                self.trial = self._begin(config, spec, folder)
            result = self.trial.step()
        except Exception as error:
            if is_own(error):
                write_error(folder, error)
            raise
        return {**result, "whole": result["done"], "name": folder.name, "epochs": spec.epochs}

    def _begin(self, config: Config, spec: Training, folder: Path) -> Trial:
        give_back_memory()
        torch.set_num_threads(max(1, int(config.resources.cpus_per_trial)))
        gpu = self.trial_resources.required_resources.get("GPU", 0) if torch.cuda.is_available() else 0
        cap_memory(gpu)
        (folder / "error.json").unlink(missing_ok=True)  # of an earlier try, of which the driver did not hear
        return Trial(spec, config, EventStore(Path(self.given["store"])), folder, "cuda" if gpu else "cpu")

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """A trial keeps its own state, in its own folder."""


class Progress(tune.Callback):
    """In the driver: a line of log for every epoch, and the end of a trial written as soon as it is decided.

    Attributes:
        faults: why trials were left unfinished, by what the machine did; they are to be tried again.
        moved: whether any trial got further.
    """

    def __init__(self, log: logging.Logger, config: Config, working: Path, total: int):
        self.log, self.config, self.working, self.total, self.ended = log, config, working, total, 0
        self.faults: list[str] = []
        self.moved, self._in_a_row = False, 0
        self._parts: Counter[str] = Counter()

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict[str, Any], **info: Any) -> None:
        """An epoch was trained."""
        name, parts = result["name"], result["micro_batches"]
        self.moved, self._in_a_row = True, 0
        if parts > max(1, self._parts[name]):
            self.log.warning("%s: out of memory, a batch is computed in %d parts from here on", name, parts)
        self._parts[name] = parts
        self.log.info(
            "%s: epoch %d of %d, loss %.3f, probe ROC-AUC %.4f",
            *(result[k] for k in ("name", "epoch", "epochs", "loss", METRIC)),
        )

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial came to its end or was stopped."""
        self._close(trial, "finished" if trial.last_result["whole"] else "pruned")

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial died, alone: of its own error, or it is left for another try."""
        own = read_error(self._folder(trial))
        if own is None:
            self._left(trial, _last_words(trial))
        else:
            self._close(trial, "failed", own)
            self.log.warning("it failed: %s: %s", own["type"], own["message"])

    def on_step_end(self, iteration: int, trials: list, **info: Any) -> None:
        """Give up this Ray where it has died, or where nothing succeeds any more."""
        if died := dead_process():
            raise LostError(f"Ray's {died} died")
        if self._in_a_row >= _IN_A_ROW:
            raise LostError(f"{_IN_A_ROW} trials in a row: {self.faults[-1]}")

    def _close(self, trial: Any, status: str, error: dict[str, str] | None = None) -> None:
        folder = self._folder(trial)
        try:
            close_trial(folder, specify(self.config, trial.config["choice"]), status, error)
        except OSError as fault:
            self._left(trial, f"{type(fault).__name__}: {fault}")
            return
        self.moved, self._in_a_row = True, 0
        self.ended += 1
        self.log.info("%d of %d trials done: %s %s", self.ended, self.total, folder.name, status)

    def _left(self, trial: Any, fault: str) -> None:
        self.faults.append(fault)
        self._in_a_row += 1
        self.log.warning("%s was interrupted, its state is kept: %s", self._folder(trial).name, fault)

    def _folder(self, trial: Any) -> Path:
        return self.working / trial_id(specify(self.config, trial.config["choice"]))


def _last_words(trial: Any) -> str:
    """The last line of what Ray says of a trial that died, from its file in Ray's temporary folder."""
    try:
        line = Path(trial.error_file).read_text().strip().splitlines()[-1]
    except (OSError, TypeError, IndexError):
        return "Ray does not say why"
    return textwrap.shorten(line, 160)
