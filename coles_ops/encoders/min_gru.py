"""minGRU: a gated recurrence that is computed for all events at once (Feng et al. 2024, arXiv 2410.01201, section 3.1).

Gate and candidate see the event alone, so a state is a linear function of the one before: h = a h' + b. Such functions
compose to such functions, and so all states follow in log2(L) passes (Hillis and Steele 1986) in place of L steps.

N events of all sequences together, S sequences, L events of the longest, F width of an event, D of a state.
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


class MinGruEncoder(SequenceEncoder):
    """Layers of the recurrence, each over the states of the one before; all start from zeros."""

    def __init__(self, schema: "StoreSchema", options: "MinGru"):
        super().__init__(schema, options)
        widths = [self.trx_encoder.output_size, *[options.size] * options.layers]
        self.seq_encoder = nn.ModuleList(nn.Linear(before, 2 * after) for before, after in pairwise(widths))

    def initial_state(self) -> State:
        """Zeros, of each layer."""
        return (next(self.parameters()).new_zeros(self.state_size),) * len(self.seq_encoder)

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        """Run over packed events (N, F)."""
        owner, last = send(packing.segment_ids(), features.device), []
        states = features
        for layer, first in zip(self.seq_encoder, state, strict=True):
            gate, candidate = layer(states).float().chunk(2, dim=1)  # (N, D), (N, D); no sums in halves
            factor, term = compose(torch.sigmoid(-gate), torch.sigmoid(gate) * candidate, packing)
            states = term + factor * (first if first.dim() == 1 else first[owner])
            last.append(pool(states, packing, "last"))
        return Encoded(last[-1], tuple(last), states if per_event else None)


def compose(factor: Tensor, term: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
    """Of packed functions h -> factor h + term (N, D), the composition of all up to each one of its sequence."""
    step, begin = torch.repeat_interleave(packing.count), packing.step_begin  # (N,), (L,)
    place, reach = packing.segment_ids(), 1  # (N,)
    while reach < len(begin):
        later = int(begin[reach])  # events that have one so many steps before come after all that have none
        before = send(begin[step[later:] - reach] + place[later:], factor.device)  # (N - later,)
        term = torch.cat([term[:later], term[later:] + factor[later:] * term[before]])
        factor = torch.cat([factor[:later], factor[later:] * factor[before]])
        reach *= 2
    return factor, term


@ENCODERS.register("min_gru")
class MinGru(Encoder):
    """Gated recurrence without a state in its gates (Feng et al. 2024)."""

    name: Literal["min_gru"] = Field("min_gru", description="A gated recurrence computed for all events at once.")
    layers: int = Field(
        2, ge=1, description="Layers; by one alone, what an event adds does not depend on those before."
    )

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """Layers over the events."""
        return MinGruEncoder(schema, self)
