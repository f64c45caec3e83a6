"""GRU and LSTM encoders (ptls ``RnnSeqEncoder``): the embedding is the state after the last event.

N events of all sequences together, S sequences, F width of an event, D of the state.
"""

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from coles_ops.encoders.base import ENCODERS, Encoder, Events, SequenceEncoder
from coles_ops.encoders.cells import last_states, scan
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

    lightness = 16  # of an event only its codes stay; and the more sequences a step has, the less a step costs each

    def __init__(self, schema: "StoreSchema", options: Encoder, network: type[nn.GRU] | type[nn.LSTM]):
        super().__init__(schema, options)
        self.seq_encoder = _Recurrent(network(self.trx_encoder.output_size, options.size, batch_first=True))

    def forward(self, events: Events) -> Tensor:
        """Embed sequences: (S, D); on a CPU without gradients, events are encoded as the network comes to them."""
        if torch.is_grad_enabled() or events.amounts.device.type != "cpu":
            return super().forward(events)
        packing, encode = events.packing, lambda part: self.trx_encoder(events.part(part))  # slice to (M, F)
        return scan(self.seq_encoder.rnn, encode, self._start(), packing.count.tolist())[packing.rank]

    def _start(self) -> Tensor:
        """(D,) the state before the first event."""
        return torch.tanh(self.seq_encoder.starter_h[0, 0])

    def body(self, features: Tensor, packing: Packing) -> Tensor:
        """Run over packed events (N, F); (S, D) states after the last of each sequence."""
        rnn = self.seq_encoder.rnn
        start = self._start()
        if features.device.type == "cpu":
            return last_states(rnn, features, start, packing.count.tolist())
        packed = PackedSequence(features, packing.count)  # cuDNN's own way
        if isinstance(rnn, nn.LSTM):
            return rnn(packed)[1][0][0]
        return rnn(packed, start.expand(1, len(packing.order), -1).contiguous())[1][0]


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
