"""What runs in Ray's processes, and what the driver notes of it."""

import ctypes
import gc
import logging
from pathlib import Path
from typing import Any

import torch
from ray import tune

from coles_ops.config import Config
from coles_ops.store import EventStore
from coles_ops.tuning.folder import METRIC, close_trial
from coles_ops.tuning.gpu import cap_memory
from coles_ops.tuning.space import specify, trial_id
from coles_ops.tuning.trial import Trial


class Worker(tune.Trainable):
    """A process that trains one trial after the other; torch is imported once."""

    trial: Trial | None = None

    def setup(self, config: dict[str, Any]) -> None:
        """Begin a trial: its choice, the store's path, the folder all trials work in."""
        self.trial = None
        give_back_memory()
        whole = Config.model_validate(config["config"])
        torch.set_num_threads(max(1, int(whole.resources.cpus_per_trial)))
        spec = specify(whole, config["choice"])
        gpu = self.trial_resources.required_resources.get("GPU", 0) if torch.cuda.is_available() else 0
        cap_memory(gpu)
        folder = Path(config["working"]) / trial_id(spec)
        self.trial = Trial(spec, whole, EventStore(Path(config["store"])), folder, "cuda" if gpu else "cpu")

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another trial in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """One epoch; ``whole`` marks the last, since Ray sets ``done`` also where the scheduler stops a trial."""
        assert self.trial is not None
        result = self.trial.step()
        return {**result, "whole": result["done"], "name": self.trial.folder.name, "epochs": self.trial.spec.epochs}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """A trial keeps its own state, in its own folder."""


def give_back_memory() -> None:
    """Hand what the last trial left back to the system: garbage, the C library's free lists, torch's cache."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


class Progress(tune.Callback):
    """In the driver: a line of log for every epoch, and the end of a trial written as soon as it is decided."""

    def __init__(self, log: logging.Logger, config: Config, working: Path, total: int):
        self.log, self.config, self.working, self.total, self.ended = log, config, working, total, 0

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict[str, Any], **info: Any) -> None:
        """An epoch was trained."""
        self.log.info(
            "%s: epoch %d of %d, loss %.3f, probe ROC-AUC %.4f",
            *(result[k] for k in ("name", "epoch", "epochs", "loss", METRIC)),
        )

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial came to its end or was stopped."""
        self._close(trial, "finished" if trial.last_result["whole"] else "pruned")

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial died, alone."""
        error = str(trial.get_error())
        self._close(trial, "failed", error)
        self.log.warning("it failed: %s", error.strip().splitlines()[-1])

    def _close(self, trial: Any, status: str, error: str | None = None) -> None:
        spec = specify(self.config, trial.config["choice"])
        close_trial(self.working / trial_id(spec), spec, status, error)
        self.ended += 1
        self.log.info("%d of %d trials done: %s %s", self.ended, self.total, trial_id(spec), status)
