"""Transformer encoder (ptls ``TransformerSeqEncoder`` over a linear projection of the events).

N events of all sequences together, S sequences, B of a bucket, L longest of them, D width.
"""

import math
from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from coles_ops.encoders.base import ENCODERS, Encoded, Encoder, SequenceEncoder, State
from coles_ops.encoders.packing import Packing
from coles_ops.ragged import send

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema

# The "fast path" of evaluation forms all attention scores; without it the fused kernel runs, 4 times faster on a CPU.
torch.backends.mha.set_fastpath_enabled(False)

_LONGEST = 5000  # events; the table of positions, as in ptls


class _Positions(nn.Module):
    """Sinusoids (Vaswani et al. 2017, section 3.5); in training the first position is drawn at random."""

    pe: Tensor

    def __init__(self, width: int):
        super().__init__()
        position = torch.arange(_LONGEST, dtype=torch.float)[:, None]
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
        table = torch.zeros(_LONGEST, width)
        table[:, 0::2] = torch.sin(position * rate)
        table[:, 1::2] = torch.cos(position * rate[: width // 2])
        self.register_buffer("pe", table[None])

    def forward(self, x: Tensor) -> Tensor:
        """Add positions to (B, L, D)."""
        L = x.shape[1]
        first = int(torch.randint(_LONGEST - L + 1, ())) if self.training else 0
        return x + self.pe[:, first : first + L]


class _Body(nn.Module):
    """Holds the parts under the names ptls gives them."""

    def __init__(self, options: "Transformer"):
        super().__init__()
        width = options.size
        self.starter = nn.Parameter(torch.randn(1, 1, width))
        layer = nn.TransformerEncoderLayer(
            width, options.heads, dim_feedforward=4 * width, dropout=options.dropout, batch_first=True
        )
        self.enc = nn.TransformerEncoder(layer, options.layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.pe = _Positions(width)


class TransformerEncoder(SequenceEncoder):
    """Self-attention over the events and a learnt first token, whose output is the embedding."""

    max_events = _LONGEST

    def __init__(self, schema: "StoreSchema", options: "Transformer"):
        super().__init__(schema, options, projection=options.size)
        self.buckets, self.causal = options.buckets, options.causal
        if self.causal and self.readout == "auto":  # a first token would see nothing
            self.readout = "last"
        self.seq_encoder = _Body(options)

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        """Encode packed events (N, D), bucket by bucket of like length."""
        assert not state, "a Transformer sees whole sequences: it cannot go on from a state"
        places = torch.arange(len(packing.order)).tensor_split(min(self.buckets, len(packing.order)))
        found = [self._bucket(features, packing, place, per_event) for place in places]
        sequences = torch.cat([first for first, _, _ in found])  # (S, D)
        if not per_event:
            return Encoded(sequences, (), None)
        index = torch.cat([index for _, index, _ in found])  # (N,) where each state belongs
        return Encoded(
            sequences, (), torch.cat([states for *_, states in found])[send(torch.argsort(index), features.device)]
        )

    def _bucket(
        self, features: Tensor, packing: Packing, place: Tensor, per_event: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Attend to the real events of the sequences at these places (B,).

        Returns:
            The first token's output (B, D); and if asked for, the packed places of the events, and their outputs.
        """
        parts, length = self.seq_encoder, packing.length[place]
        step = torch.arange(int(length[0]))  # (L,)
        event = torch.minimum(step, length[:, None] - 1)  # (B, L) past the end the last
        index = packing.step_begin[event] + place[:, None]  # (B, L)
        x = parts.pe(features[send(index, features.device)])  # (B, L, D)
        x = torch.cat([parts.starter.expand(len(place), 1, -1), x], dim=1)  # (B, 1 + L, D)
        masked = torch.arange(1 + len(step)) > length[:, None]  # (B, 1 + L)
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1) if self.causal else None
        out = parts.enc(x, later, send(masked, x.device))  # (B, 1 + L, D)
        if not per_event:
            return out[:, 0], index, out
        real = (~masked[:, 1:]).flatten().nonzero()[:, 0]  # places among (B L,)
        return out[:, 0], index.flatten()[real], out[:, 1:].flatten(0, 1)[send(real, out.device)]


@ENCODERS.register("transformer")
class Transformer(Encoder):
    """Self-attention over the events (Vaswani et al. 2017)."""

    name: Literal["transformer"] = Field("transformer", description="Self-attention over the events.")
    layers: int = Field(2, ge=1, description="Layers.")
    heads: int = Field(4, ge=1, description="Attention heads.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout.")
    buckets: int = Field(6, ge=1, description="Groups of like length that a batch is padded in.")
    causal: bool = Field(
        False, description="Whether an event sees those up to it alone; the readout auto is the last state then."
    )

    @model_validator(mode="after")
    def _divisible(self) -> "Transformer":
        if self.size % self.heads:
            raise ValueError(f"size {self.size} is not divisible by heads {self.heads}")
        return self

    @property
    def is_causal(self) -> bool:
        """By its option."""
        return self.causal

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """Layers over the events and a first token."""
        return TransformerEncoder(schema, self)
