"""Layers of self-attention (Vaswani et al. 2017), and rotary positions (Su et al. 2021, arXiv 2104.09864, section 3.2).

A rotary position turns each pair of numbers of a query and of a key by angles that grow with it: how much one attends
to the other then depends on what they are and how far apart they stand, not on where.

B sequences, T tokens of each, D width, H heads, W = D / H width of a head.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_SLOWEST = 10_000.0  # a pair of numbers turns by one radian in up to so many positions


class SelfAttention(nn.Module):
    """Layers, and a normalisation after the last; weights are named as those of ``torch.nn.TransformerEncoder``.

    Args:
        width: D.
        heads: H, a divisor of it.
        layers: how many.
        dropout: chance of a number to be left out, of attention and of what a layer adds.
    """

    def __init__(self, width: int, heads: int, layers: int, dropout: float):
        super().__init__()
        self.head = width // heads
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, seen: Tensor, position: Tensor | None = None) -> Tensor:
        """Mix tokens (B, T, D).

        Args:
            x: the tokens.
            seen: (T, T), or (B, 1, T, T) of which any T may be 1: whether a token (row) attends to another.
            position: (T,) rotary ones; None where the tokens tell theirs.
        """
        turn = None if position is None else angles(position, self.head)
        for layer in self.layers:
            x = layer(x, seen, turn)
        return self.norm(x)


class _Layer(nn.Module):
    """Attention and two layers over each token, each added to what it reads and normalised."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads)  # of which the weights are used
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, seen: Tensor, turn: Tensor | None) -> Tensor:
        """Of tokens (B, T, D), with rotary angles (T, W / 2)."""
        x = self.norm1(x + self.dropout(self._mixed(x, seen, turn)))
        return self.norm2(x + self.dropout(self.linear2(self.dropout(F.relu(self.linear1(x))))))

    def _mixed(self, x: Tensor, seen: Tensor, turn: Tensor | None) -> Tensor:
        weights = self.self_attn
        triple = F.linear(x, weights.in_proj_weight, weights.in_proj_bias)  # (B, T, 3 D)
        query, key, value = triple.unflatten(2, (3, weights.num_heads, -1)).permute(2, 0, 3, 1, 4)  # (B, H, T, W) each
        if turn is not None:
            query, key = turned(query, turn), turned(key, turn)
        dropout = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, seen, dropout)
        return weights.out_proj(mixed.transpose(1, 2).flatten(2))


def angles(position: Tensor, width: int) -> Tensor:
    """(T, W / 2) by which positions (T,) turn each pair of numbers of a head, W wide (section 3.2.2, equation 15)."""
    rate = _SLOWEST ** -(torch.arange(0, width, 2, device=position.device) / width)
    return position[:, None] * rate


def turned(x: Tensor, angle: Tensor) -> Tensor:
    """Queries or keys (B, H, T, W), each pair of neighbouring numbers turned by its angle (T, W / 2)."""
    one, other = x[..., 0::2], x[..., 1::2]
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([one * cos - other * sin, one * sin + other * cos], dim=-1).flatten(-2).type_as(x)
