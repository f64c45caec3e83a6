"""What is told of an event by a state: all of its columns that are read, each by a part of one linear layer.

N events of a part, G states, P predictions (of an event, by a state), V codes of a category, A amounts that are read.
"""

from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import Events, SequenceEncoder
from coles_ops.objectives.base import AfterEvents, Batch, Objective
from coles_ops.schema import GAP

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


class OfEvents(Objective):
    """Options of objectives that predict events: categories by cross-entropy, amounts and the gap by squared errors."""

    codes: int = Field(1_000, ge=2, description="Codes of a category that are told apart; all rarer ones are one.")
    amounts: float = Field(
        1.0, ge=0, description="Weight of amounts and the gap beside categories.", json_schema_extra=NO_MEMORY
    )


class EventHead(nn.Module):
    """A linear layer over states, and the negative logarithm of the likelihood of events by what it gives."""

    places: Tensor  # (A,) of the amounts that are read, among all
    timeless: Tensor  # (A,) whether it is no gap

    def __init__(self, options: OfEvents, encoder: SequenceEncoder, schema: "StoreSchema"):
        super().__init__()
        read = encoder.options.reads(schema)
        self.weight = options.amounts
        self.codes = {name: min(codes, options.codes) for name, codes in read.categories.items()}
        self.register_buffer("places", encoder.trx_encoder.amounts, persistent=False)
        timeless = torch.tensor([name != GAP for name in read.amounts], dtype=torch.bool)  # there may be none
        self.register_buffer("timeless", timeless, persistent=False)
        self.widths = [*self.codes.values(), len(read.amounts)]
        self.linear = nn.Linear(encoder.state_size, sum(self.widths))

    def forward(
        self, states: Tensor, events: Events, target: Tensor, owner: Tensor, timed: Tensor | None = None
    ) -> Tensor:
        """The sum over predictions.

        Args:
            states: (G, D).
            events: packed, N of them.
            target: (P,) the place of the event of each prediction.
            owner: (P,) the state that it is by.
            timed: (P,) whether the gap is told, too; None of all.
        """
        *categories, amounts = self.linear(states).split(self.widths, dim=1)
        loss = states.new_zeros(())
        for (name, codes), logits in zip(self.codes.items(), categories, strict=True):  # (G, V)
            code = events.codes[name][target].long().clamp(max=codes - 1)  # (P,); codes go by falling frequency
            loss = loss - F.log_softmax(logits, dim=1)[owner, code].sum()
        real = events.amounts.index_select(1, self.places)[target]  # (P, A)
        errors = (amounts[owner] - real).square()  # (P, A)
        if timed is not None:
            errors = errors.where(timed[:, None] | self.timeless, 0)
        return loss + self.weight / 2 * errors.sum()


class Predictor(nn.Module):
    """Predictions of events, part by part of a batch."""

    def __init__(self, options: OfEvents, encoder: SequenceEncoder, schema: "StoreSchema"):
        super().__init__()
        self.head = EventHead(options, encoder, schema)

    def part(self, part: AfterEvents) -> tuple[Tensor, int]:
        """The head's sum over a part, and how many predictions it goes over."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The head's sum over all parts, and how many predictions those are."""
        terms = [self.part(part) for part in batch.per_event]
        total = sum((loss for loss, _ in terms), start=batch.embeddings.new_zeros(()))
        return total, sum(count for _, count in terms)
