"""One trial, epoch by epoch, in a folder from which it goes on after a crash."""

import json
import resource
from pathlib import Path
from typing import Any

import torch

from coles_ops.artefacts import write_json
from coles_ops.config import Config, Training
from coles_ops.evaluation.probe import Labelled, linear_probe
from coles_ops.schema import Part
from coles_ops.store import EventStore
from coles_ops.training import Trainer, embed, save_encoder

_PROBE_SLICES = 4  # the probe reads the last 4 slice_max events of a client: enough to rank trials, and quick


class Trial:
    """Trains an encoder and probes it after every epoch.

    The folder holds progress.jsonl, the state of the last epoch and the encoder of the best one. A trial whose folder
    has epochs already tells them again before it trains on, so that a scheduler sees the whole history.

    Args:
        spec: what is trained.
        config: how long histories are embedded for the probe.
        store: events; only training, unlabelled and validation clients are read.
        folder: where the trial works.
        device: where the encoder is computed.
    """

    def __init__(self, spec: Training, config: Config, store: EventStore, folder: Path, device: str):
        self.spec, self.store, self.folder, self.device = spec, store, folder, device
        folder.mkdir(parents=True, exist_ok=True)
        longest = min(config.embedding.max_events, _PROBE_SLICES * spec.slice_max)
        self.embedding = config.embedding.model_copy(update={"max_events": longest, "long_histories": "last"})
        self.trainer = Trainer(store, spec, device)
        self.told = 0
        self.history = _read_lines(folder / "progress.jsonl")
        if (state := folder / "state.pt").exists():
            self.trainer.load_state_dict(torch.load(state, weights_only=True))
            self.history = self.history[: self.trainer.epoch]
        else:
            self.history = []

    def step(self) -> dict[str, Any]:
        """Tell the next epoch, training it unless that was done before; ``done`` marks the last."""
        if self.told == len(self.history):
            self._train()
        self.told += 1
        return {**self.history[self.told - 1], "done": self._done()}

    def finish(self, status: str) -> None:
        """Write trial.json: the trial's parameters, outcome and cost."""
        best = max(self.history, key=lambda line: line["probe_roc_auc"])
        write_json(
            self.folder / "trial.json",
            {
                "trial": self.folder.name,
                "training": self.spec.model_dump(),
                "status": status,
                "epochs": len(self.history),
                "best_epoch": best["epoch"],
                "probe_roc_auc": best["probe_roc_auc"],
                "seconds": sum(line["seconds"] for line in self.history),
                "parameters": sum(p.numel() for p in self.trainer.model.parameters()),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "error": None,
            },
        )
        (self.folder / "state.pt").unlink(missing_ok=True)

    def _train(self) -> None:
        facts = self.trainer.run_epoch()
        line = {"epoch": self.trainer.epoch, **facts, "probe_roc_auc": self._probe()}
        if all(line["probe_roc_auc"] > before["probe_roc_auc"] for before in self.history):
            partial = self.folder / ".encoder.pt"
            save_encoder(partial, self.trainer.model, self.store.schema, self.spec)
            partial.replace(self.folder / "encoder.pt")
        self.history.append(line)
        (self.folder / "progress.jsonl").write_text("".join(json.dumps(past) + "\n" for past in self.history))
        partial = self.folder / ".state.pt"
        torch.save(self.trainer.state_dict(), partial)
        partial.replace(self.folder / "state.pt")

    def _probe(self) -> float:
        """ROC-AUC over the labelled validation clients; the test clients are not embedded."""
        parts = [self.store.rows(part) for part in (Part.TRAIN, Part.VALID)]
        train, valid = (
            Labelled(embed(self.trainer.model, self.store, rows, self.embedding, self.device), self.store.labels[rows])
            for rows in parts
        )
        return linear_probe(train, valid)

    def _done(self) -> bool:
        told = [line["probe_roc_auc"] for line in self.history[: self.told]]
        stale = len(told) - 1 - told.index(max(told))
        return self.told >= self.spec.epochs or (self.spec.patience is not None and stale >= self.spec.patience)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
