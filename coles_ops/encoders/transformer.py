"""Transformer encoder (ptls ``TransformerSeqEncoder`` over a linear projection of the events).

N events of all sequences together, S sequences, B of a bucket, L longest of them, D width.
"""

import math
from typing import TYPE_CHECKING, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from coles_ops.encoders.attention import SelfAttention
from coles_ops.encoders.base import ENCODERS, Encoded, Encoder, SequenceEncoder, State
from coles_ops.encoders.packing import Packing
from coles_ops.ragged import send

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema

LONGEST = 5000  # events; the table of positions, as in ptls


class Attentive(Encoder):
    """Options of encoders by self-attention."""

    layers: int = Field(2, ge=1, description="Layers.")
    heads: int = Field(4, ge=1, description="Attention heads.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout.")
    buckets: int = Field(6, ge=1, description="Groups of like length that a batch is padded in.")
    positions: Literal["sinusoidal", "rotary"] = Field(
        "sinusoidal",
        description="How places of events are told: by sinusoids added to them, in training from a random first place "
        "on; or rotary, by how far apart two events are alone.",
    )

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.size % self.heads:
            raise ValueError(f"size {self.size} is not divisible by heads {self.heads}")
        if self.positions == "rotary" and self.size // self.heads % 2:
            raise ValueError(f"rotary positions turn pairs: size {self.size} by heads {self.heads} is odd")
        return self


class _Positions(nn.Module):
    """Sinusoids (Vaswani et al. 2017, section 3.5); in training the first position is drawn at random."""

    pe: Tensor

    def __init__(self, width: int):
        super().__init__()
        position = torch.arange(LONGEST, dtype=torch.float)[:, None]
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
        table = torch.zeros(LONGEST, width)
        table[:, 0::2] = torch.sin(position * rate)
        table[:, 1::2] = torch.cos(position * rate[: width // 2])
        self.register_buffer("pe", table[None])

    def forward(self, position: Tensor) -> Tensor:
        """(T, D) of positions (T,)."""
        room = LONGEST - int(position.max())
        first = int(torch.randint(room, ())) if self.training else 0
        return self.pe[0, send(first + position, self.pe.device)]


class _Body(nn.Module):
    """Holds the parts under the names ptls gives them."""

    def __init__(self, options: Attentive):
        super().__init__()
        self.starter = nn.Parameter(torch.randn(1, 1, options.size))
        self.enc = SelfAttention(options.size, options.heads, options.layers, options.dropout)
        self.pe = _Positions(options.size) if options.positions == "sinusoidal" else None


class AttentiveEncoder(SequenceEncoder):
    """Self-attention over the events and a learnt token, whose output is the embedding."""

    max_events = LONGEST

    def __init__(self, schema: "StoreSchema", options: Attentive):
        super().__init__(schema, options, projection=options.size)
        self.buckets = options.buckets
        self.seq_encoder = _Body(options)

    def attend(self, x: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """The token's output (B, D), and those of the events (B, L, D), of which sequences have ``length`` (B,)."""
        raise NotImplementedError

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        """Encode packed events (N, D), bucket by bucket of like length."""
        assert not state, "attention sees whole sequences: it cannot go on from a state"
        places = torch.arange(len(packing.order)).tensor_split(min(self.buckets, len(packing.order)))
        found = [self._bucket(features, packing, place) for place in places]
        sequences = torch.cat([token for token, _, _ in found])  # (S, D)
        if not per_event:
            return Encoded(sequences, (), None)
        index = torch.cat([index for _, index, _ in found])  # (N,) where each state belongs
        return Encoded(
            sequences, (), torch.cat([states for *_, states in found])[send(torch.argsort(index), features.device)]
        )

    def _bucket(self, features: Tensor, packing: Packing, place: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The sequences at these places (B,).

        Returns:
            The token's output (B, D); the packed places of the events, and their outputs.
        """
        length = packing.length[place]
        step = torch.arange(int(length[0]))  # (L,)
        event = torch.minimum(step, length[:, None] - 1)  # (B, L) past the end the last
        index = packing.step_begin[event] + place[:, None]  # (B, L)
        token, out = self.attend(features[send(index, features.device)], length)  # (B, D), (B, L, D)
        real = (step < length[:, None]).flatten().nonzero()[:, 0]  # places among (B L,)
        return token, index.flatten()[real], out.flatten(0, 1)[send(real, out.device)]


class TransformerEncoder(AttentiveEncoder):
    """The token stands before the first event."""

    def __init__(self, schema: "StoreSchema", options: "Transformer"):
        super().__init__(schema, options)
        self.causal = options.causal
        if self.causal and self.readout == "auto":  # a first token would see nothing
            self.readout = "last"

    def attend(self, x: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Of events (B, L, D) each sees all of its sequence, or those up to it."""
        parts, place = self.seq_encoder, torch.arange(1 + x.shape[1])  # (1 + L,)
        if parts.pe is not None:
            x = x + parts.pe(place[:-1])
        x = torch.cat([parts.starter.expand(len(x), 1, -1), x], dim=1)  # (B, 1 + L, D)
        seen = place <= (place[:, None] if self.causal else length[:, None, None, None])  # (B, 1, 1, 1 + L) if not
        out = parts.enc(x, send(seen, x.device), send(place, x.device) if parts.pe is None else None)
        return out[:, 0], out[:, 1:]


@ENCODERS.register("transformer")
class Transformer(Attentive):
    """Self-attention over the events (Vaswani et al. 2017)."""

    name: Literal["transformer"] = Field("transformer", description="Self-attention over the events.")
    causal: bool = Field(
        False, description="Whether an event sees those up to it alone; the readout auto is the last state then."
    )

    @property
    def is_causal(self) -> bool:
        """By its option."""
        return self.causal

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """Layers over the events and a first token."""
        return TransformerEncoder(schema, self)
