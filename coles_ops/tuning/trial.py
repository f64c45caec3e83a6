"""One trial, epoch by epoch, in a folder from which it goes on after a crash."""

import resource
from pathlib import Path
from typing import Any

import torch

from coles_ops.config import Config, Embedding, Training
from coles_ops.evaluation.probe import Labelled, linear_probe
from coles_ops.schema import Part
from coles_ops.store import EventStore
from coles_ops.training import Trainer, embed, save_encoder
from coles_ops.training.memory import give_back_memory, out_of_memory
from coles_ops.tuning.folder import METRIC, read_progress, read_running, write_progress, write_running

_PROBE_SLICES = 4  # the probe reads the last 4 slice_max events of a client: enough to rank trials, and quick


class Trial:
    """Trains an encoder and probes it after every epoch.

    A trial whose folder has epochs already goes on after them: those the scheduler decided on are not told again, a
    last one that it may not have heard of is.

    Where the memory is too small, a neighbour may have it: the trial dies and is to be begun again as it is, in another
    process. After that, the epoch is trained from its begin in twice as many parts of a batch, and so are those after
    it: the same training up to rounding.

    Args:
        spec: what is trained.
        config: how long histories are embedded for the probe.
        store: events; only training, unlabelled and validation clients are read.
        folder: where the trial works; laid out as ``coles_ops.tuning.folder`` says.
        device: where the encoder is computed.
    """

    def __init__(self, spec: Training, config: Config, store: EventStore, folder: Path, device: str):
        self.spec, self.store, self.folder, self.device = spec, store, folder, device
        folder.mkdir(parents=True, exist_ok=True)
        self.embedding = probed(config, spec)
        running = read_running(folder)
        self.shortages = running.get("shortages", 0) if running else 0
        self.trainer = self._trainer()
        self.parameters = sum(p.numel() for p in self.trainer.model.parameters())
        self.history = read_progress(folder)[: self.trainer.epoch]  # a line whose state was not kept is trained again
        self.told = min(running["told"], len(self.history)) if running else 0

    def step(self) -> dict[str, Any]:
        """Tell the next epoch, training it unless that was done before; ``done`` marks the last."""
        self._note()
        if self.told == len(self.history):
            self._train()
        self.told += 1
        return {**self.history[self.told - 1], "done": self._done()}

    def _note(self) -> None:
        write_running(self.folder, self.spec, self.parameters, self.told, self.shortages)

    def _trainer(self) -> Trainer:
        """At the last epoch that was kept."""
        trainer = Trainer(self.store, self.spec, self.device, micro_batches=2 ** max(0, self.shortages - 1))
        if (state := self.folder / "state.pt").exists():
            trainer.load_state_dict(torch.load(state, weights_only=True))
        return trainer

    def _epoch(self) -> dict[str, float]:
        while True:
            try:
                return self.trainer.run_epoch()
            except Exception as error:
                if not out_of_memory(error) or self.trainer.micro_batches >= self.spec.batch_size:
                    raise
                self.shortages += 1
                self._note()
                if self.shortages == 1:
                    raise
            del self.trainer  # outside of the handler, where the error's own frames would keep its tensors
            give_back_memory()
            self.trainer = self._trainer()

    def _train(self) -> None:
        facts = self._epoch()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        parts = self.trainer.micro_batches
        line = {"epoch": self.trainer.epoch, **facts, METRIC: self._probe(), "peak_mb": peak, "micro_batches": parts}
        if all(line[METRIC] > before[METRIC] for before in self.history):
            partial = self.folder / ".encoder.pt"
            save_encoder(partial, self.trainer.model, self.store.schema, self.spec)
            partial.replace(self.folder / "encoder.pt")
        self.history.append(line)
        write_progress(self.folder, self.history)
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
        told = [line[METRIC] for line in self.history[: self.told]]
        stale = len(told) - 1 - told.index(max(told))
        return self.told >= self.spec.epochs or (self.spec.patience is not None and stale >= self.spec.patience)


def probed(config: Config, spec: Training) -> Embedding:
    """How histories are embedded for the probe."""
    longest = min(config.embedding.max_events, _PROBE_SLICES * spec.slice_max)
    return config.embedding.model_copy(update={"max_events": longest, "long_histories": "last"})
