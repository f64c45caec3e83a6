"""Training of one encoder by contrastive learning (CoLES, Babaev et al. 2022)."""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR

from coles_ops.config import Training
from coles_ops.encoders import Events, build_encoder
from coles_ops.samplers import Draws, Histories, sample
from coles_ops.schema import DataError, Part
from coles_ops.store import EventStore
from coles_ops.training.losses import LOSSES
from coles_ops.training.reader import open_reader


class Trainer:
    """Trains an encoder epoch by epoch.

    All randomness of epoch n follows from (seed, n): the order of clients, the slices, noise and dropout. So the
    weights, the optimiser and the number of epochs done are the whole state, and a resumed training is exact.

    Args:
        store: events of all clients; those of training and unlabelled clients are read.
        spec: encoder, sampler, loss and schedule.
        device: where the encoder is computed.

    Raises:
        DataError: fewer than two clients have ``min_events`` events.
    """

    def __init__(self, store: EventStore, spec: Training, device: str = "cpu"):
        self.store, self.spec, self.device = store, spec, device
        self.epoch = 0
        self.rows = store.rows(Part.TRAIN, Part.UNLABELLED, min_events=spec.min_events)
        if len(self.rows) < 2:
            raise DataError(
                f"{len(self.rows)} training clients have at least training.min_events = {spec.min_events} events "
                f"(the longest of all has {store.lengths.max(initial=0)}): lower training.min_events"
            )
        self.reader = open_reader(store, device)
        self.model = build_encoder(store.schema, spec).to(device)
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay
        )
        self.schedule = _schedule(self.optimiser, spec)

    def run_epoch(self) -> dict[str, float]:
        """Train on every client once.

        Returns:
            loss (mean over sub-sequences), seconds, events_per_second, learning_rate.
        """
        started = time.monotonic()
        rate = self.optimiser.param_groups[0]["lr"]
        total = torch.zeros((), device=self.device)  # stays on the device: no step waits for it
        events = slices = 0
        self.model.train()
        seed = self.spec.seed * 1_000_003 + self.epoch
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            for step, (batch, clients) in enumerate(self.reader.ahead(self._batches(seed)), start=1):
                loss = self._loss(batch, clients)
                loss.backward()
                total += loss.detach()
                events, slices = events + len(batch.amounts), slices + len(clients)
                if step % self.spec.accumulate == 0:
                    self._step()
            if step % self.spec.accumulate:
                self._step()
        self.schedule.step()
        self.epoch += 1
        loss_value = float(total) / slices
        seconds = time.monotonic() - started
        return {
            "loss": loss_value,
            "seconds": seconds,
            "events_per_second": events / seconds,
            "learning_rate": rate,
        }

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on exactly from here."""
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of the same store and spec."""
        self.epoch = state["epoch"]
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])

    def _batches(self, seed: int) -> Iterator[tuple[Events, Tensor]]:
        """Events of the slices of a batch, and the client (S,) of each slice, on the host."""
        draws = Draws(seed, str(self.reader.home))
        start, length, time = map(torch.from_numpy, (self.store.offsets, self.store.lengths, self.store.time))
        order = torch.from_numpy(self.rows)[torch.randperm(len(self.rows), generator=draws.sizes)]
        count = max(1, len(order) // self.spec.batch_size)  # the rest is spread: no batch is small
        for rows in order.tensor_split(count):
            slices = sample(Histories(start[rows], length[rows], time), self.spec, draws)
            yield self.reader.read(slices.position, slices.length), slices.client

    def _loss(self, batch: Events, clients: Tensor) -> Tensor:
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=_half(self.spec, self.device)):
            embeddings = self.model(batch)  # (S, D)
        return LOSSES.get(self.spec.loss)(F.normalize(embeddings.float(), dim=1), clients, self.spec)

    def _step(self) -> None:
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)


def _half(spec: Training, device: str) -> bool:
    """Whether to compute in bfloat16; ``auto`` only where the processor has it."""
    if spec.precision == "auto":
        return torch.cuda.is_bf16_supported() if device != "cpu" else torch.cpu._is_avx512_bf16_supported()
    return spec.precision == "bf16"


def _schedule(optimiser: torch.optim.Optimizer, spec: Training) -> LRScheduler:
    if spec.schedule == "step":
        return StepLR(optimiser, spec.schedule_step, spec.schedule_gamma)
    if spec.schedule == "cosine":
        return CosineAnnealingLR(optimiser, T_max=spec.epochs)
    return LambdaLR(optimiser, lambda _: 1.0)
