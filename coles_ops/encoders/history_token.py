"""A causal Transformer with history tokens (Karpukhin and Savchenko 2025, arXiv 2508.01474, HT-Transformer).

Such a Transformer knows a history by the states of all of its events, and by none of them alone. So tokens are put
among the events in training: each sees all events before it, and the events after it, up to the next token, see it and
nothing before it. What the next events need of the past has to pass through one vector, and the token that stands at
the end of a history is its embedding.

B sequences, L events of the longest, R tokens among them, T = L + 1 + R, D width.
"""

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from coles_ops.component import NO_MEMORY
from coles_ops.encoders.base import ENCODERS, SequenceEncoder
from coles_ops.encoders.transformer import LONGEST, Attentive, AttentiveEncoder
from coles_ops.ragged import send

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


class HistoryTokenEncoder(AttentiveEncoder):
    """The embedding is the output of a token after the last event; other tokens are there in training alone.

    In the paper's terms: tokens by bias-end, of which an event sees the last.
    """

    max_events = LONGEST - 1

    def __init__(self, schema: "StoreSchema", options: "HistoryToken"):
        super().__init__(schema, options)
        self.often, self.tokens = options.often, options.tokens

    def attend(self, x: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Of events (B, L, D) each sees those up to it, or those since the last token and that token."""
        parts, (B, L, _) = self.seq_encoder, x.shape
        slot, after = torch.arange(L + 1), self._after(length)  # (L + 1,), (R,)
        end = slot == length[:, None]  # (B, L + 1)
        x = parts.starter.where(send(end, x.device)[:, :, None], F.pad(x, (0, 0, 0, 1)))  # (B, L + 1, D)
        x = torch.cat([x, parts.starter.expand(B, len(after), -1)], dim=1)  # (B, T, D)
        place, seen = torch.cat([slot, 1 + after]), visible(L + 1, after)  # a token stands where the next event would
        if len(after):  # else the last token sees all by itself
            wanted, all_events = F.pad(end, (0, len(after))), F.pad(slot <= length[:, None], (0, len(after)))  # (B, T)
            seen = torch.where(wanted[:, None, :, None], all_events[:, None, None], seen)  # (B, 1, T, T)
        if parts.pe is not None:
            x = x + parts.pe(place)
        out = parts.enc(x, send(seen, x.device), send(place, x.device) if parts.pe is None else None)
        return out[send(F.pad(end, (0, len(after))), out.device)], out[:, :L]

    def _after(self, length: Tensor) -> Tensor:
        """(R,) ascending events after which a token stands, in training: of the second half of a usual sequence."""
        if not self.training or float(torch.rand(())) >= self.often:
            return length.new_zeros(0)
        longest, first = int(length.max()), int(length.sum()) // (2 * len(length))
        count = max(1, round(self.tokens * longest))
        return first + torch.randperm(longest - first)[:count].sort().values


def visible(slots: int, after: Tensor) -> Tensor:
    """(T, T) whether a place (row) sees another: of ``slots`` of events, and of tokens after some (R,) of them."""
    slot, R = torch.arange(slots), len(after)
    passed = torch.searchsorted(after, slot)  # (slots,) tokens before each
    since = F.pad(1 + after, (1, 0))[passed]  # (slots,) first event after the last of them
    events = (slot <= slot[:, None]) & (slot >= since[:, None])
    tokens = passed[:, None] == 1 + torch.arange(R)  # (slots, R)
    by_tokens = torch.cat([slot <= after[:, None], torch.eye(R, dtype=torch.bool)], dim=1)  # (R, T)
    return torch.cat([torch.cat([events, tokens], dim=1), by_tokens])


@ENCODERS.register("history_token")
class HistoryToken(Attentive):
    """A causal Transformer whose history passes through tokens (Karpukhin and Savchenko 2025); by next_event."""

    name: Literal["history_token"] = Field("history_token", description="Self-attention through history tokens.")
    layers: int = Field(2, ge=2, description="Layers; by one alone nobody would see what a token has seen.")
    tokens: float = Field(0.1, gt=0, le=1, description="Tokens in training, by the events of the longest sequence.")
    often: float = Field(
        0.5, ge=0, le=1, description="Chance of a bucket to have tokens in training.", json_schema_extra=NO_MEMORY
    )

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        """Layers over the events and a token."""
        return HistoryTokenEncoder(schema, self)
