"""Layers of self-attention against torch's own, and rotary positions."""

import pytest
import torch
from test_encoders import SCHEMA, end_to_end, packed
from torch import nn

from coles_ops.config import ConfigError, load_config
from coles_ops.encoders import build_encoder
from coles_ops.encoders.attention import SelfAttention, angles, turned
from coles_ops.encoders.transformer import Transformer


@pytest.mark.parametrize("causal", [False, True])
def test_layers_are_those_of_torch(causal):
    torch.manual_seed(0)
    ours, x, length = SelfAttention(16, 4, 2, 0.0).eval(), torch.randn(3, 9, 16), torch.tensor([9, 5, 2])
    layer = nn.TransformerEncoderLayer(16, 4, dim_feedforward=64, dropout=0.0, batch_first=True)
    theirs = nn.TransformerEncoder(layer, 2, nn.LayerNorm(16), enable_nested_tensor=False)
    theirs.load_state_dict(ours.state_dict())
    place = torch.arange(9)
    later = place > place[:, None]
    expected = theirs.train()(x, later if causal else None, place >= length[:, None])
    seen = ~later if causal else place < length[:, None, None, None]
    found = ours(x, seen)
    for row, n in enumerate(length.tolist()):
        torch.testing.assert_close(found[row, :n], expected[row, :n], atol=1e-5, rtol=1e-5)


def test_a_pair_is_turned_by_its_position_by_hand():
    # Of a head of 4 numbers the first pair turns by 1 a position, the second by 10000 ** -0.5 = 0.01.
    angle = angles(torch.tensor([0, 2]), 4)
    torch.testing.assert_close(angle, torch.tensor([[0.0, 0.0], [2.0, 0.02]]))
    x = torch.tensor([[1.0, 0.0, 0.0, 2.0], [1.0, 0.0, 0.0, 2.0]])[None, None]
    cos, sin = torch.cos(angle[1]), torch.sin(angle[1])
    by_hand = torch.stack([cos[0], sin[0], -2 * sin[1], 2 * cos[1]])
    torch.testing.assert_close(turned(x, angle)[0, 0], torch.stack([x[0, 0, 0], by_hand]))


def test_attention_by_rotary_positions_depends_on_how_far_apart_events_are_alone():
    draw = torch.Generator().manual_seed(0)
    query, key = (torch.randn(8, generator=draw, dtype=torch.float64) for _ in range(2))

    def score(one: int, other: int) -> float:
        turn = angles(torch.tensor([one, other], dtype=torch.float64), 8)
        both = turned(torch.stack([query, key])[None, None], turn)[0, 0]
        return float(both[0] @ both[1])

    assert score(7, 3) == pytest.approx(score(1_007, 1_003)) == pytest.approx(score(4, 0))
    assert score(7, 3) != pytest.approx(score(7, 4))
    torch.manual_seed(0)
    layers, x, place = SelfAttention(16, 2, 2, 0.0).eval(), torch.randn(1, 6, 16), torch.arange(6)
    seen = place <= place[:, None]
    torch.testing.assert_close(layers(x, seen, place + 90), layers(x, seen, place), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(layers(x, seen, 2 * place), layers(x, seen, place), atol=1e-3)


def test_an_encoder_with_rotary_positions_tells_order():
    model = build_encoder(SCHEMA, Transformer(size=16, positions="rotary", causal=True), 0).eval()
    codes, amounts = end_to_end([7])
    swap = torch.tensor([1, 0, 2, 3, 4, 5, 6])
    one, other = (packed({k: v[o] for k, v in codes.items()}, amounts[o], [7]) for o in (torch.arange(7), swap))
    assert not torch.allclose(model(one).sequences, model(other).sequences, atol=1e-4)


def test_heads_that_have_no_pairs_are_said():
    change = {"training.encoder": {"name": "transformer", "size": 12, "heads": 4, "positions": "rotary"}}
    with pytest.raises(ConfigError, match="rotary positions turn pairs: size 12 by heads 4 is odd"):
        load_config("synthetic", change)
