"""The bag of the next events from the state before them: which codes come how often, not in what order.

A softmax over the codes of a category meets the shares of the bag, as the skip-gram model meets the words around one
(Mikolov et al. 2013, arXiv 1301.3781, section 3.2). It costs less than the next event: one state a window predicts.
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


@OBJECTIVES.register("next_window")
class NextWindow(OfEvents):
    """Sub-sequences are cut into windows, and all events of one are predicted from the state before it.

    Events of one second stay together: a window begins with the first of them.
    """

    name: Literal["next_window"] = Field("next_window", description="The bag of the events of the next window.")
    window: int = Field(16, ge=1, description="Events of a window, up to the end of its last second.")

    @property
    def needs(self) -> Needs:
        """States that do not know what comes next."""
        return Needs(per_event=True, causal=True)

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        """A linear head over the states, and the loss on what it gives."""
        return _NextWindow(self, encoder, schema)


class _NextWindow(Predictor):
    def __init__(self, options: NextWindow, encoder: SequenceEncoder, schema: "StoreSchema"):
        super().__init__(options, encoder, schema)
        self.window = options.window

    def part(self, part: AfterEvents) -> tuple[Tensor, int]:
        before, target, owner, _ = sets(part.seconds, part.events.packing, window=self.window)
        return self.head(part.states[before], part.events, target, owner), len(target)
