"""The next event from the state after each (Radford et al. 2018; of event sequences Padhi et al. 2021).

All events of the next second are predicted from the state before the first. Of more sets than the next one what is
predicted is a bag: which events come, not when.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from torch import Tensor, nn

from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, AfterEvents, Needs
from coles_ops.objectives.heads import OfEvents, Predictor
from coles_ops.objectives.sets import sets

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


@OBJECTIVES.register("next_event")
class NextEvent(OfEvents):
    """All that is read of what comes next: categories by cross-entropy, amounts and the gap by their squared error."""

    name: Literal["next_event"] = Field("next_event", description="The next event, in all of its columns.")
    ahead: int = Field(1, ge=1, description="Sets of events of one second that are predicted from each state.")

    @property
    def needs(self) -> Needs:
        """States that do not know what comes next."""
        return Needs(per_event=True, causal=True)

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        """A linear head over the states, and the loss on what it gives."""
        return _NextEvent(self, encoder, schema)


class _NextEvent(Predictor):
    def __init__(self, options: NextEvent, encoder: SequenceEncoder, schema: "StoreSchema"):
        super().__init__(options, encoder, schema)
        self.ahead = options.ahead

    def part(self, part: AfterEvents) -> tuple[Tensor, int]:
        before, target, owner, next_gap = sets(part.seconds, part.events.packing, self.ahead)
        return self.head(part.states[before], part.events, target, owner, next_gap), len(target)
