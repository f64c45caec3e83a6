"""GRU and LSTM encoders (ptls ``RnnSeqEncoder``): the embedding is the state after the last event.

N events of all sequences together, S sequences, F width of an event, D of the state.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from coles_ops.config import Training
from coles_ops.encoders.base import ENCODERS, SequenceEncoder
from coles_ops.encoders.cells import last_states
from coles_ops.encoders.packing import Packing
from coles_ops.store import StoreSchema


class _Recurrent(nn.Module):
    """Holds the network under the names ptls gives its parts."""

    def __init__(self, network: nn.GRU | nn.LSTM):
        super().__init__()
        self.rnn = network
        self.starter_h = nn.Parameter(torch.randn(1, 1, network.hidden_size))


class RecurrentEncoder(SequenceEncoder):
    """A recurrent network over the events; a GRU starts from a learnt state, an LSTM from zeros, as in ptls."""

    def __init__(self, schema: StoreSchema, spec: Training, network: type[nn.GRU] | type[nn.LSTM]):
        super().__init__(schema, spec)
        self.seq_encoder = _Recurrent(network(self.trx_encoder.output_size, spec.embedding_size, batch_first=True))

    def body(self, features: Tensor, packing: Packing) -> Tensor:
        """Run over packed events (N, F); (S, D) states after the last of each sequence."""
        rnn = self.seq_encoder.rnn
        start = torch.tanh(self.seq_encoder.starter_h[0, 0])  # (D,)
        if features.device.type == "cpu":
            return last_states(rnn, features, start, packing.count.tolist())
        packed = PackedSequence(features, packing.count)  # cuDNN's own way
        if isinstance(rnn, nn.LSTM):
            return rnn(packed)[1][0][0]
        return rnn(packed, start.expand(1, len(packing.order), -1).contiguous())[1][0]


@ENCODERS.register("gru")
def gru(schema: StoreSchema, spec: Training) -> SequenceEncoder:
    """Gated recurrent units."""
    return RecurrentEncoder(schema, spec, nn.GRU)


@ENCODERS.register("lstm")
def lstm(schema: StoreSchema, spec: Training) -> SequenceEncoder:
    """Long short-term memory."""
    return RecurrentEncoder(schema, spec, nn.LSTM)
