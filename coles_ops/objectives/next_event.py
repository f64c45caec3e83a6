"""The next event from the state after each (Radford et al. 2018; of event sequences Padhi et al. 2021).

Events of the same second are a set: their order says nothing, so none is predicted from another of them, and all are
predicted from the state before the first. Of more sets than the next one what is predicted is a bag: which events come,
not when.

N events of a part, S sub-sequences, G sets that have a state before them, M events in these sets, P predictions (of an
event, from a state), V codes of a category that are told apart, A amounts.
"""

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.encoders.packing import Packing
from coles_ops.objectives.base import OBJECTIVES, AfterEvents, Batch, Needs, Objective
from coles_ops.ragged import segment_ids, send
from coles_ops.schema import GAP

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


@OBJECTIVES.register("next_event")
class NextEvent(Objective):
    """All that is read of what comes next: categories by cross-entropy, amounts and the gap by their squared error."""

    name: Literal["next_event"] = Field("next_event", description="The next event, in all of its columns.")
    codes: int = Field(1_000, ge=2, description="Codes of a category that are told apart; all rarer ones are one.")
    ahead: int = Field(1, ge=1, description="Sets of events of one second that are predicted from each state.")
    amounts: float = Field(
        1.0, ge=0, description="Weight of amounts and the gap beside categories.", json_schema_extra=NO_MEMORY
    )

    @property
    def needs(self) -> Needs:
        """States that do not know what comes next."""
        return Needs(per_event=True, causal=True)

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        """A linear head over the states, and the loss on what it gives."""
        return _NextEvent(self, encoder, schema)


class _NextEvent(nn.Module):
    places: Tensor  # (A,) of the amounts that are read, among all
    timeless: Tensor  # (A,) whether it is no gap

    def __init__(self, options: NextEvent, encoder: SequenceEncoder, schema: "StoreSchema"):
        super().__init__()
        read = encoder.options.reads(schema)
        self.weight, self.ahead = options.amounts, options.ahead
        self.codes = {name: min(codes, options.codes) for name, codes in read.categories.items()}
        self.register_buffer("places", encoder.trx_encoder.amounts, persistent=False)
        self.register_buffer("timeless", torch.tensor([name != GAP for name in read.amounts]), persistent=False)
        self.widths = [*self.codes.values(), len(read.amounts)]
        self.head = nn.Linear(encoder.state_size, sum(self.widths))

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        """The negative logarithm of the likelihood summed over predictions, and how many those are."""
        terms = [self._part(part) for part in batch.per_event]
        total = sum((loss for loss, _ in terms), start=batch.embeddings.new_zeros(()))
        return total, sum(count for _, count in terms)

    def _part(self, part: AfterEvents) -> tuple[Tensor, int]:
        before, target, owner, next_gap = sets(part.seconds, part.events.packing, self.ahead)
        *categories, amounts = self.head(part.states[before]).split(self.widths, dim=1)
        loss = part.states.new_zeros(())
        for (name, codes), logits in zip(self.codes.items(), categories, strict=True):  # (G, V)
            code = part.events.codes[name][target].long().clamp(max=codes - 1)  # (P,); codes go by falling frequency
            loss = loss - F.log_softmax(logits, dim=1)[owner, code].sum()
        real = part.events.amounts.index_select(1, self.places)[target]  # (P, A)
        errors = (amounts[owner] - real).square()  # (P, A)
        return loss + self.weight / 2 * errors.where(next_gap[:, None] | self.timeless, 0).sum(), len(target)


def sets(seconds: Tensor, packing: Packing, ahead: int = 1) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What is predicted, and from where, of packed events that happened at these times (N,).

    Returns:
        The places of the events before each set (G,); and of each prediction (P,) the place of its event, before which
        of the sets its state is, and whether the gap of the event is the time since: it is the first of that very set.
    """
    device, length = seconds.device, packing.length[packing.rank]  # (S,) in the order that sequences lie
    begin = torch.cumsum(length, 0) - length  # (S,)
    place = send(torch.argsort(packing.source()), device)  # (N,) of the events laid end to end
    inner = torch.ones(len(place), dtype=torch.bool).index_fill_(0, begin, False)  # (N,) not the first of a sequence
    opens = seconds[place].diff(prepend=seconds.new_zeros(1)).ne(0) & send(inner, device)  # (N,) a set after another
    number = torch.cumsum(opens, 0)  # (N,) sets opened so far, by all sequences
    before = number[send(begin, device)][segment_ids(length, device)]  # (N,) by the sequences before, as none opens one
    event = (number > before).nonzero()[:, 0]  # (M,)
    back = torch.arange(ahead, device=device)
    source = number[event][:, None] - 1 - back  # (M, ahead)
    real = source >= before[event][:, None]
    next_gap = opens[event][:, None] & (back == 0)
    return place[opens.nonzero()[:, 0] - 1], place[event][:, None].expand_as(real)[real], source[real], next_gap[real]
