"""Hidden events from those around them (Devlin et al. 2019, arXiv 1810.04805, section 3.1, of whole events)."""

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import SequenceEncoder
from coles_ops.objectives.base import OBJECTIVES, AfterEvents, Needs
from coles_ops.objectives.heads import OfEvents, Predictor

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


@OBJECTIVES.register("masked_event")
class MaskedEvent(OfEvents):
    """A share of the events is hidden, and all of their columns are predicted from the states in their places.

    Of a hidden event an encoder reads the code 0, which no event has, in every category, and amounts of 0.
    """

    name: Literal["masked_event"] = Field("masked_event", description="Hidden events, from those around them.")
    share: float = Field(0.15, gt=0, lt=1, description="Of the events, hidden.", json_schema_extra=NO_MEMORY)

    @property
    def needs(self) -> Needs:
        """States that know the events before and after, but not all of them."""
        return Needs(per_event=True, later=True, hidden=self.share)

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        """A linear head over the states, and the loss on what it gives."""
        return _MaskedEvent(self, encoder, schema)


class _MaskedEvent(Predictor):
    def part(self, part: AfterEvents) -> tuple[Tensor, int]:
        assert part.hidden is not None
        target = part.hidden.nonzero()[:, 0]  # (P,)
        each = torch.arange(len(target), device=target.device)
        return self.head(part.states[target], part.events, target, each), len(target)
