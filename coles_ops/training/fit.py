"""Training of one encoder by contrastive learning (CoLES, Babaev et al. 2022)."""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from coles_ops.config import Training
from coles_ops.encoders import Events, build_encoder
from coles_ops.objectives import Objective
from coles_ops.optimisers import Optimiser
from coles_ops.samplers import Draws, Histories
from coles_ops.schema import DataError, Part
from coles_ops.store import EventStore
from coles_ops.training.parts import backward_in_parts
from coles_ops.training.reader import open_reader


class Trainer:
    """Trains an encoder epoch by epoch.

    All randomness of epoch n follows from (seed, n): the order of clients, the slices, noise and dropout. So the
    weights, the optimiser and the number of epochs done are the whole state, and a resumed training is exact.

    Args:
        store: events of all clients; those of training and unlabelled clients are read.
        spec: encoder, sampler, objective and optimiser.
        device: where the encoder is computed.
        micro_batches: parts in which a batch is computed, where the memory is too small for the whole of it.

    Raises:
        DataError: fewer than two clients have ``min_events`` events.
    """

    def __init__(self, store: EventStore, spec: Training, device: str = "cpu", micro_batches: int = 1):
        self.store, self.spec, self.device, self.micro_batches = store, spec, device, micro_batches
        self.epoch = 0
        self.rows = store.rows(Part.TRAIN, Part.UNLABELLED, min_events=spec.min_events)
        if len(self.rows) < 2:
            raise DataError(
                f"{len(self.rows)} training clients have at least training.min_events = {spec.min_events} events "
                f"(the longest of all has {store.lengths.max(initial=0)}): lower training.min_events"
            )
        self.reader = open_reader(store, device)
        self.model = build_encoder(store.schema, spec.encoder, spec.seed).to(device)
        self.objective: Objective = spec.objective
        optimiser: Optimiser = spec.optimiser
        self.optimiser, self.schedule = optimiser.build(self.model.parameters(), spec.epochs)

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
            for step, (parts, clients) in enumerate(self.reader.ahead(self._batches(seed)), start=1):
                total += self._backward(parts, clients)
                events, slices = events + sum(len(part.amounts) for part in parts), slices + len(clients)
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

    def _batches(self, seed: int) -> Iterator[tuple[list[Events], Tensor]]:
        """Events of the slices of a batch, in parts, and the client (S,) of each slice, on the host."""
        draws = Draws(seed, str(self.reader.home))
        start, length, time = map(torch.from_numpy, (self.store.offsets, self.store.lengths, self.store.time))
        order = torch.from_numpy(self.rows)[torch.randperm(len(self.rows), generator=draws.sizes)]
        count = max(1, len(order) // self.spec.batch_size)  # the rest is spread: no batch is small
        for rows in order.tensor_split(count):
            slices = self.spec.sampler.sample(Histories(start[rows], length[rows], time), draws)
            lengths = slices.length.tensor_split(min(self.micro_batches, len(slices.length)))
            positions = slices.position.split([int(part.sum()) for part in lengths])
            yield [self.reader.read(*part) for part in zip(positions, lengths, strict=True)], slices.client

    def _backward(self, parts: list[Events], clients: Tensor) -> Tensor:
        """Add the gradient of a batch; returns its loss."""
        if len(parts) > 1:
            return backward_in_parts(self._embed, parts, lambda embeddings: self._loss(embeddings, clients))
        loss = self._loss(self._embed(parts[0]), clients)
        loss.backward()
        return loss.detach()

    def _embed(self, events: Events) -> Tensor:
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=_half(self.spec, self.device)):
            return self.model(events)  # (S, D)

    def _loss(self, embeddings: Tensor, clients: Tensor) -> Tensor:
        return self.objective.loss(embeddings.float(), clients)

    def _step(self) -> None:
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)


def _half(spec: Training, device: str) -> bool:
    """Whether to compute in bfloat16; ``auto`` only where the processor has it."""
    if spec.precision == "auto":
        return torch.cuda.is_bf16_supported() if device != "cpu" else torch.cpu._is_avx512_bf16_supported()
    return spec.precision == "bf16"
