"""What runs in Ray's processes, and what the driver tells of it."""

import logging
from pathlib import Path
from typing import Any

import torch
from ray import tune

from coles_ops.config import Config
from coles_ops.store import EventStore
from coles_ops.tuning.space import specify, trial_id
from coles_ops.tuning.trial import Trial


class Worker(tune.Trainable):
    """A process that trains one trial after the other; torch is imported once."""

    def setup(self, config: dict[str, Any]) -> None:
        """Begin a trial: its choice, the store's path, the folder all trials work in."""
        whole = Config.model_validate(config["config"])
        torch.set_num_threads(max(1, int(whole.resources.cpus_per_trial)))
        spec = specify(whole, config["choice"])
        device = "cuda" if torch.cuda.is_available() and self.trial_resources.required_resources.get("GPU") else "cpu"
        folder = Path(config["working"]) / trial_id(spec)
        self.trial = Trial(spec, whole, EventStore(Path(config["store"])), folder, device)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another trial in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """One epoch."""
        result = self.trial.step()
        if result["done"]:
            self.trial.finish("finished")
        return {**result, "name": self.trial.folder.name, "epochs": self.trial.spec.epochs}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """A trial keeps its own state, in its own folder."""


class Progress(tune.Callback):
    """A line of log for every epoch and every trial that ends."""

    def __init__(self, log: logging.Logger, total: int):
        self.log, self.total, self.ended = log, total, 0

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict[str, Any], **info: Any) -> None:
        """An epoch was trained."""
        self.log.info(
            "%s: epoch %d of %d, loss %.3f, probe ROC-AUC %.4f",
            *(result[k] for k in ("name", "epoch", "epochs", "loss", "probe_roc_auc")),
        )

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial came to its end or was stopped."""
        self.ended += 1
        self.log.info("%d of %d trials done", self.ended, self.total)

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial died."""
        self.ended += 1
        self.log.warning("%d of %d trials done; this one failed", self.ended, self.total)
