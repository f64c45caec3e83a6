"""A bag of events: layers over each of them, and their mean (Zaheer et al. 2017). Their order says nothing to it.

N events of all sequences together, S sequences, L longest of them, F width of an event, D of a state.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from coles_ops.encoders.base import ENCODERS, Encoded, Encoder, SequenceEncoder, State
from coles_ops.encoders.packing import Packing
from coles_ops.encoders.readout import pool
from coles_ops.ragged import send

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


class BagEncoder(SequenceEncoder):
    """The embedding is the mean of what layers make of each event; the state after an event, the mean up to it."""

    def __init__(self, schema: "StoreSchema", options: "Bag"):
        super().__init__(schema, options)
        widths = [self.trx_encoder.output_size, *[options.size] * options.layers]
        self.seq_encoder = nn.Sequential(
            *(layer for pair in pairwise(widths) for layer in (nn.Linear(*pair), nn.ReLU())),
            nn.Linear(options.size, options.size),
        )

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        """Average packed events (N, F)."""
        assert not state, "a bag keeps no state: what is later cannot be added to it"
        events = self.seq_encoder(features).float()  # (N, D)
        return Encoded(pool(events, packing, "mean"), (), running_mean(events, packing) if per_event else None)


def running_mean(events: Tensor, packing: Packing) -> Tensor:
    """(N, D) the mean of packed events (N, D) up to each one of its sequence."""
    step = torch.arange(int(packing.length[0]))  # (L,)
    padded = packing.step_begin + torch.arange(len(packing.length))[:, None]  # (S, L) past the end another's
    padded = torch.where(step < packing.length[:, None], padded, 0)
    total = events[send(padded, events.device)].cumsum(dim=1)  # (S, L, D)
    own = torch.repeat_interleave(packing.count)  # (N,) step of each
    place = send(packing.segment_ids() * len(step) + own, events.device)
    return total.flatten(0, 1)[place] / send(own + 1, events.device)[:, None]


@ENCODERS.register("bag")
class Bag(Encoder):
    """The mean over events (Zaheer et al. 2017)."""

    name: Literal["bag"] = Field("bag", description="Layers event by event, and their mean.")
    layers: int = Field(1, ge=1, description="Hidden layers over an event.")

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """Layers and the mean."""
        return BagEncoder(schema, self)
