"""Training of one encoder on sub-sequences of its clients (CoLES, Babaev et al. 2022, and other objectives).

S sub-sequences of a batch, N events of them.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coles_ops.coding.columns import MICROSECONDS
from coles_ops.config import Training
from coles_ops.embedding.initial import initial_encoder
from coles_ops.embedding.reader import open_reader
from coles_ops.encoders import Events
from coles_ops.objectives import AfterEvents, Batch, Objective
from coles_ops.optimisers import Optimiser
from coles_ops.ragged import send
from coles_ops.samplers import Draws, Histories
from coles_ops.schema import FITS, DataError, Part
from coles_ops.store import EventStore
from coles_ops.training.parts import backward_in_parts

Happened = tuple[Events, Tensor, Tensor | None]  # as they are, when (N,), and which were hidden (N,), if any


@dataclass(frozen=True)
class Drawn:
    """The sub-sequences of a batch."""

    parts: list[Events]  # as the encoder is shown them; on the device
    clients: Tensor  # (S,) which client of the batch each comes from; on the host
    labels: Tensor | None = None  # (S,) of the clients, as the target has them; on the device
    happened: Sequence[Happened] = ()  # of each part, where asked for; on the device


class Trainer:
    """Trains an encoder step by step.

    All randomness follows from the seed and the number of a batch: its slices, noise and dropout, and the order of
    clients in the pass it belongs to. So the weights of encoder and objective, the optimiser and the number of steps
    done are the whole state, and a training that is cut anywhere goes on exactly.

    Args:
        store: events of all clients.
        spec: encoder, sampler, objective and optimiser.
        device: where the encoder is computed.
        micro_batches: parts in which a batch is computed, where the memory is too small for the whole of it.
        fits: whose events are read, by part.

    Attributes:
        step: optimiser steps done.

    Raises:
        DataError: fewer than two clients have ``min_events`` events, or none has a label that the objective needs.
    """

    def __init__(
        self,
        store: EventStore,
        spec: Training,
        device: str = "cpu",
        micro_batches: int = 1,
        fits: Sequence[Part] = FITS,
    ):
        self.store, self.spec, self.device, self.micro_batches = store, spec, device, micro_batches
        self.step = 0
        self.rows = training_rows(store, spec, fits)
        if len(self.rows) < 2:
            raise DataError(
                f"{len(self.rows)} training clients have at least training.min_events = {spec.min_events} events "
                f"(the longest of all has {store.lengths.max(initial=0)}): lower training.min_events"
            )
        self.reader = open_reader(store, device)
        if spec.objective.needs.per_event:
            self.time = torch.from_numpy(store.time).to(self.reader.position_device)  # (E,) microseconds
        self.model = initial_encoder(store, spec, fits).to(device)
        objective: Objective = spec.objective
        if objective.needs.labels and not store.schema.target.known(store.labels[self.rows]).any():
            raise DataError(f"the objective {objective.name} needs labels, and no training client has one")
        with torch.random.fork_rng():
            torch.manual_seed(spec.seed)
            self.objective = objective.build(self.model, store.schema).to(device)
        optimiser: Optimiser = spec.optimiser
        weights = [*self.model.parameters(), *self.objective.parameters()]
        self.optimiser, self.schedule = optimiser.build(weights, spec.steps)

    @property
    def batches(self) -> int:
        """Batches of a pass over the clients; the rest is spread over them, so that none is small."""
        return batches_of(len(self.rows), self.spec)

    def run(self, steps: int) -> dict[str, float]:
        """Train so many steps more.

        Returns:
            loss (the objective's sum divided by its count, NaN where that is 0), seconds, events_per_second,
            learning_rate (of the first step).
        """
        started = time.monotonic()
        rate = self.optimiser.param_groups[0]["lr"]
        total = torch.zeros((), device=self.device)  # stays on the device: no step waits for it
        events = terms = 0
        self.model.train()
        self.objective.train()
        each = self.spec.accumulate
        numbers = range(self.step * each, (self.step + steps) * each)
        with torch.random.fork_rng():
            for number, drawn in zip(numbers, self.reader.ahead(self._batches(numbers)), strict=True):
                torch.manual_seed(self._seed(number))
                loss, count = self._backward(drawn)
                total += loss
                events, terms = events + sum(len(part.amounts) for part in drawn.parts), terms + count
                if (number + 1) % each == 0:
                    self._step()
        loss_value = float(total) / terms if terms else math.nan
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
            "step": self.step,
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of the same store and spec."""
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.objective.load_state_dict(state["objective"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])

    def _batches(self, numbers: range) -> Iterator[Drawn]:
        """The batches of these numbers, of one pass over the clients after the other."""
        end, length, time = map(torch.from_numpy, (self.store.offsets[1:], self.store.lengths, self.store.time))
        length = self.spec.sampler.within(length, self.model.max_events)  # (C,)
        start = end - length
        parts_of_pass: tuple[Tensor, ...] = ()
        for number in numbers:
            lap, place = divmod(number, self.batches)
            if place == 0 or not parts_of_pass:
                parts_of_pass = self._order(lap).tensor_split(self.batches)
            rows, draws = parts_of_pass[place], Draws(self._seed(number), str(self.reader.position_device))
            slices = self.spec.sampler.sample(Histories(start[rows], length[rows], time), draws)
            lengths = slices.length.tensor_split(min(self.micro_batches, len(slices.length)))
            positions = slices.position.split([int(part.sum()) for part in lengths])
            parts = [self.reader.read(*part) for part in zip(positions, lengths, strict=True)]
            happened = self._happened(positions, parts, draws)
            shown = [events if hidden is None else events.hiding(hidden) for events, _, hidden in happened] or parts
            yield Drawn(shown, slices.client, self._labels(rows[slices.client]), happened)

    def _order(self, lap: int) -> Tensor:
        """(C,) positions in the store of the clients that are trained on, in the order of a pass."""
        generator = torch.Generator().manual_seed(self._seed(-1 - lap))  # none of a batch's own
        return torch.from_numpy(self.rows)[torch.randperm(len(self.rows), generator=generator)]

    def _seed(self, number: int) -> int:
        return self.spec.seed * 1_000_003 + number

    def _happened(self, positions: Sequence[Tensor], parts: list[Events], draws: Draws) -> list[Happened]:
        """Of each part; hidden are events of the batch, whatever its parts."""
        needs, found = self.spec.objective.needs, []
        if not needs.per_event:
            return []
        hidden = draws.chosen(sum(map(len, positions)), needs.hidden).split([len(at) for at in positions])
        for at, events, some in zip(positions, parts, hidden, strict=True):
            source = send(events.packing.source(), at.device)
            when = self._sent(self.time[at[source]] // MICROSECONDS)
            found.append((events, when, self._sent(some[source]) if needs.hidden else None))
        return found

    def _sent(self, values: Tensor) -> Tensor:
        return values if self.reader.resident else send(values, torch.device(self.device))

    def _labels(self, rows: Tensor) -> Tensor | None:
        if not self.spec.objective.needs.labels:
            return None
        labels = torch.from_numpy(self.store.labels)[rows]
        return send(labels.float() if labels.is_floating_point() else labels, torch.device(self.device))

    def _backward(self, drawn: Drawn) -> tuple[Tensor, int]:
        """Add the gradient of a batch; returns the objective's sum and count."""

        def loss(seen: list[Sequence[Tensor]]) -> tuple[Tensor, int]:
            embeddings = torch.cat([values[0].float() for values in seen])  # (S, D)
            after = zip(seen, drawn.happened, strict=False)  # of none where no states are asked for
            per_event = tuple(AfterEvents(values[1].float(), *happened) for values, happened in after)
            return self.objective(Batch(embeddings, drawn.clients, drawn.labels, per_event))

        if len(drawn.parts) > 1:
            return backward_in_parts(self._encode, drawn.parts, loss)
        total, count = loss([self._encode(drawn.parts[0])])
        total.backward()
        return total.detach(), count

    def _encode(self, events: Events) -> Sequence[Tensor]:
        """Embeddings (S, D), and the states after every event (N, D) where the objective needs them."""
        per_event = self.spec.objective.needs.per_event
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=_half(self.spec, self.device)):
            encoded = self.model(events, per_event=per_event)
        return [encoded.sequences, encoded.states] if per_event else [encoded.sequences]

    def _step(self) -> None:
        self.optimiser.step()
        self.schedule.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1


def training_rows(store: EventStore, spec: Training, fits: Sequence[Part] = FITS) -> np.ndarray:
    """(C,) positions in the store of the clients that train an encoder."""
    return store.rows(*fits, min_events=spec.min_events)


def batches_of(clients: int, spec: Training) -> int:
    """Batches of a pass over so many clients."""
    return max(1, clients // spec.batch_size)


def _half(spec: Training, device: str) -> bool:
    """Whether to compute in bfloat16; ``auto`` only where the processor has it."""
    if spec.precision == "auto":
        return torch.cuda.is_bf16_supported() if device != "cpu" else _processor_has_bf16()
    return spec.precision == "bf16"


def _processor_has_bf16() -> bool:
    """Whether a CPU has the instructions, for which torch has no public word."""
    return torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001
