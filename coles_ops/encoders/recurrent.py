"""GRU and LSTM encoders (ptls ``RnnSeqEncoder``): the embedding is their state after the last event.

N events of all sequences together, S sequences, F width of an event, D of the state.
"""

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from coles_ops.encoders.base import ENCODERS, Encoded, Encoder, Events, SequenceEncoder, State
from coles_ops.encoders.cells import run, scan
from coles_ops.encoders.packing import Packing

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


class _Recurrent(nn.Module):
    """Holds the network under the names ptls gives its parts."""

    def __init__(self, network: nn.GRU | nn.LSTM):
        super().__init__()
        self.rnn = network
        self.starter_h = nn.Parameter(torch.randn(1, 1, network.hidden_size))


class RecurrentEncoder(SequenceEncoder):
    """A recurrent network over the events; a GRU starts from a learnt state, an LSTM from zeros, as in ptls."""

    def __init__(self, schema: "StoreSchema", options: Encoder, network: type[nn.GRU] | type[nn.LSTM]):
        super().__init__(schema, options)
        self.seq_encoder = _Recurrent(network(self.trx_encoder.output_size, options.size, batch_first=True))
        if (
            self.readout == "auto"
        ):  # of an event only its codes stay; and the more sequences, the less a step costs each
            self.memory_factor = 16

    def initial_state(self) -> State:
        """The learnt output of a GRU; output and cell of an LSTM, zeros."""
        learnt = self.seq_encoder.starter_h[0, 0]  # (D,)
        if isinstance(self.seq_encoder.rnn, nn.GRU):
            return (torch.tanh(learnt),)
        return (torch.zeros_like(learnt),) * 2

    def forward(self, events: Events, state: State | None = None, per_event: bool = False) -> Encoded:
        """Encode sequences; on a CPU without gradients, events are encoded as the network comes to them."""
        keeps = torch.is_grad_enabled() or per_event or self.readout != "auto"
        if keeps or events.amounts.device.type != "cpu":
            return super().forward(events, state, per_event)
        packing, encode = events.packing, lambda part: self.trx_encoder(events.part(part))  # slice to (M, F)
        first = self.initial_state() if state is None else tuple(part[packing.order] for part in state)
        last = scan(self.seq_encoder.rnn, encode, first, packing.count.tolist())
        last = tuple(part[packing.rank] for part in last)
        return Encoded(last[0], last, None)

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        """Run over packed events (N, F)."""
        rnn = self.seq_encoder.rnn
        if features.device.type == "cpu":
            last, states = run(rnn, features, state, packing.count.tolist(), per_event)
            return Encoded(last[0], last, states)
        first = [part.expand(1, len(packing.order), -1).contiguous() for part in state]
        packed = PackedSequence(features, packing.count)  # cuDNN's own way
        out, end = rnn(packed, tuple(first) if isinstance(rnn, nn.LSTM) else first[0])
        last = tuple(part[0] for part in end) if isinstance(rnn, nn.LSTM) else (end[0],)
        return Encoded(last[0], last, out.data)


@ENCODERS.register("gru")
class Gru(Encoder):
    """Gated recurrent units (Cho et al. 2014)."""

    name: Literal["gru"] = Field("gru", description="Gated recurrent units.")

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """One layer over the events."""
        return RecurrentEncoder(schema, self, nn.GRU)


@ENCODERS.register("lstm")
class Lstm(Encoder):
    """Long short-term memory (Hochreiter and Schmidhuber 1997)."""

    name: Literal["lstm"] = Field("lstm", description="Long short-term memory.")

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """One layer over the events."""
        return RecurrentEncoder(schema, self, nn.LSTM)
