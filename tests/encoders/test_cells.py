"""Our recurrence against PyTorch's own over padded sequences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils._python_dispatch import TorchDispatchMode

from coles_ops.encoders import cells, pack
from coles_ops.encoders.cells import last_states, scan

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}
LENGTHS = [3, 1, 17, 40, 17]


def network(kind: str, width: int = 3, size: int = 5, dtype: torch.dtype = torch.float64):
    torch.manual_seed(0)
    return KINDS[kind](width, size, batch_first=True).to(dtype)


def plain(rnn, pieces: list[torch.Tensor], start: torch.Tensor) -> torch.Tensor:
    """Padded, all steps of all sequences, the output at each one's last event."""
    padded = pad_sequence(pieces, batch_first=True)
    first = start.expand(1, len(pieces), -1).contiguous()
    out = rnn(padded, first)[0] if isinstance(rnn, nn.GRU) else rnn(padded)[0]
    return out[torch.arange(len(pieces)), torch.tensor([len(piece) - 1 for piece in pieces])]


def ours(rnn, pieces: list[torch.Tensor], start: torch.Tensor) -> torch.Tensor:
    packing = pack(torch.tensor([len(piece) for piece in pieces]))
    x = torch.cat(pieces)[packing.source()]
    return last_states(rnn, x, start, packing.count.tolist())[packing.rank]


@pytest.mark.parametrize("kind", KINDS)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8), chunk=st.integers(1, 50))
@settings(max_examples=25, deadline=None)
def test_states_and_gradients_equal_those_of_torch(kind, lengths, chunk):
    rnn, generator = network(kind), torch.Generator().manual_seed(1)
    pieces = [torch.randn(n, 3, generator=generator, dtype=torch.float64) for n in lengths]
    weigh = torch.randn(len(lengths), 5, generator=generator, dtype=torch.float64)
    found = []
    before, cells._CHUNK = cells._CHUNK, chunk
    try:
        for way in (plain, ours):
            events = [piece.clone().requires_grad_() for piece in pieces]
            start = torch.full((5,), 0.3, dtype=torch.float64, requires_grad=kind == "gru")
            rnn.zero_grad()
            out = way(rnn, events, start)
            (out * weigh).sum().backward()
            grads = [p.grad.clone() for p in (*rnn.parameters(), *events, start) if p.grad is not None]
            found.append([out.detach(), *grads])
    finally:
        cells._CHUNK = before
    assert len(found[0]) == len(found[1]) == 1 + 4 + len(lengths) + (kind == "gru")
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_without_gradients_the_states_are_the_same_to_the_bit(kind):
    rnn = network(kind, dtype=torch.float32)
    pieces = [torch.randn(n, 3) for n in LENGTHS]
    start = torch.zeros(5)
    packing = pack(torch.tensor([len(piece) for piece in pieces]))
    x = torch.cat(pieces)[packing.source()]
    with torch.no_grad():
        kept_none = scan(rnn, x.__getitem__, start, packing.count.tolist())[packing.rank]
    assert torch.equal(kept_none, ours(rnn, pieces, start).detach())


@pytest.mark.parametrize("kind", KINDS)
def test_in_bfloat16_states_and_gradients_are_near(kind):
    rnn = network(kind, width=8, size=32, dtype=torch.float32)
    pieces = [torch.randn(n, 8) for n in LENGTHS]
    found = []
    for half in (False, True):
        rnn.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            out = ours(rnn, pieces, torch.zeros(32))
        out.float().square().sum().backward()
        found.append([out.float().detach(), *(p.grad.clone() for p in rnn.parameters())])
        assert out.dtype == (torch.bfloat16 if half else torch.float32)
        assert all(p.grad.dtype == torch.float32 for p in rnn.parameters())
    for exact, half in zip(*found, strict=True):
        assert (exact - half).norm() < 0.03 * exact.norm()


class Products(TorchDispatchMode):
    """Notes the shapes of all matrix products."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket in (torch.ops.aten.mm, torch.ops.aten.addmm, torch.ops.aten.addmm_):
            left, right = args[-2:]
            self.shapes.add((len(left), *right.shape))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("kind", KINDS)
def test_in_bfloat16_products_are_of_few_shapes(kind):
    """A kernel is compiled for each, and kept: without blocks a gigabyte of them in an epoch."""
    rnn = network(kind, width=8, size=16, dtype=torch.float32)
    with Products() as seen:
        seen.shapes = set()
        for seed in range(4):
            lengths = torch.randint(1, 60, (70,), generator=torch.Generator().manual_seed(seed)).tolist()
            with torch.autocast("cpu", torch.bfloat16):
                out = ours(rnn, [torch.randn(n, 8) for n in lengths], torch.zeros(16))
            out.float().square().sum().backward()
    assert {rows % 16 for rows, *_ in seen.shapes} == {0}
    assert len(seen.shapes) <= 16
