"""GRU and LSTM encoders (ptls ``RnnSeqEncoder``): the embedding is the state after the last event."""

import torch
from torch import Tensor, nn

from coles_ops.config import Training
from coles_ops.encoders.base import ENCODERS, SequenceEncoder
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

    def body(self, padded: Tensor, length: Tensor) -> Tensor:
        """Run over all steps and take each sequence's last."""
        rnn, B = self.seq_encoder.rnn, len(padded)
        if isinstance(rnn, nn.GRU):
            start = torch.tanh(self.seq_encoder.starter_h).expand(1, B, -1).contiguous()  # (1, B, D)
            states, _ = rnn(padded, start.to(padded.dtype))  # (B, L, D)
        else:
            states, _ = rnn(padded)  # (B, L, D)
        return states[torch.arange(B, device=states.device), length.to(states.device) - 1]  # (B, D)


@ENCODERS.register("gru")
def gru(schema: StoreSchema, spec: Training) -> SequenceEncoder:
    """Gated recurrent units."""
    return RecurrentEncoder(schema, spec, nn.GRU)


@ENCODERS.register("lstm")
def lstm(schema: StoreSchema, spec: Training) -> SequenceEncoder:
    """Long short-term memory."""
    return RecurrentEncoder(schema, spec, nn.LSTM)
