"""Our recurrence against PyTorch's own over padded sequences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils._python_dispatch import TorchDispatchMode

from coles_ops.encoders import cells, pack
from coles_ops.encoders.cells import run, scan

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}
LENGTHS = [3, 1, 17, 40, 17]


def network(kind: str, width: int = 3, size: int = 5, dtype: torch.dtype = torch.float64):
    torch.manual_seed(0)
    return KINDS[kind](width, size, batch_first=True).to(dtype)


def first_state(kind: str, sequences: int | None, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """One that all share, or one for each sequence."""
    shape = (5,) if sequences is None else (sequences, 5)
    parts = 1 if kind == "gru" else 2
    return tuple(torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(parts))


def plain(rnn, pieces: list[torch.Tensor], state: tuple[torch.Tensor, ...]):
    """Padded, all steps of all sequences: the last state, and the outputs end to end."""
    lengths = torch.tensor([len(piece) for piece in pieces])
    padded = pack_padded_sequence(
        pad_sequence(pieces, batch_first=True), lengths, batch_first=True, enforce_sorted=False
    )
    first = [part.expand(1, len(pieces), -1).contiguous() for part in state]
    out, last = rnn(padded, first[0] if isinstance(rnn, nn.GRU) else tuple(first))
    last = (last,) if isinstance(rnn, nn.GRU) else last
    outputs, _ = pad_packed_sequence(out, batch_first=True)
    return [part[0] for part in last], torch.cat([row[:n] for row, n in zip(outputs, lengths, strict=True)])


def ours(rnn, pieces: list[torch.Tensor], state: tuple[torch.Tensor, ...], per_event: bool = True):
    packing = pack(torch.tensor([len(piece) for piece in pieces]))
    source = packing.source()
    ordered = tuple(part if part.dim() == 1 else part[packing.order] for part in state)
    last, outputs = run(rnn, torch.cat(pieces)[source], ordered, packing.count.tolist(), per_event)
    return [part[packing.rank] for part in last], outputs[torch.argsort(source)] if per_event else None


@pytest.mark.parametrize("kind", KINDS)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    shared=st.booleans(),
    seen=st.sampled_from(["last", "outputs", "both"]),
)
@settings(max_examples=25, deadline=None)
def test_states_outputs_and_gradients_equal_those_of_torch(kind, lengths, shared, seen):
    rnn, generator = network(kind), torch.Generator().manual_seed(1)
    pieces = [torch.randn(n, 3, generator=generator, dtype=torch.float64) for n in lengths]
    state = first_state(kind, None if shared else len(lengths), generator)
    weigh = torch.randn(sum(lengths), 5, generator=generator, dtype=torch.float64)
    found = []
    for way in (plain, ours):
        events = [piece.clone().requires_grad_() for piece in pieces]
        rnn.zero_grad()
        last, outputs = way(rnn, events, state)
        objective = sum((part * weigh[i : i + 1]).sum() for i, part in enumerate(last)) if seen != "outputs" else 0
        objective = objective + ((outputs * weigh).sum() if seen != "last" else 0)
        grads = torch.autograd.grad(objective, [*rnn.parameters(), *events, *state], allow_unused=True)
        found.append([*last, outputs, *grads])
    assert len(found[0]) == len(found[1]) == 2 * len(state) + 1 + 4 + len(lengths)
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_a_width_of_1024_equals_that_of_torch(kind):
    rnn, pieces = network(kind, size=1024, dtype=torch.float32), [torch.randn(n, 3) for n in (3, 1, 5)]
    found = []
    for way in (plain, ours):
        rnn.zero_grad()
        last, outputs = way(rnn, pieces, (torch.zeros(1024),) * (1 if kind == "gru" else 2))
        (last[0].sum() + outputs.square().sum()).backward()
        found.append([*last, outputs, *(p.grad.clone() for p in rnn.parameters())])
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 16, None])
def test_without_gradients_the_states_are_the_same_and_to_the_bit_in_one_chunk(kind, chunk, monkeypatch):
    monkeypatch.setattr(cells, "_CHUNK", chunk or cells._CHUNK)
    rnn = network(kind, dtype=torch.float32)
    pieces = [torch.randn(n, 3) for n in LENGTHS]
    state = (torch.zeros(5),) * (1 if kind == "gru" else 2)
    packing = pack(torch.tensor(LENGTHS))
    x = torch.cat(pieces)[packing.source()]
    with torch.no_grad():
        kept_none = scan(rnn, x.__getitem__, state, packing.count.tolist())
    for part, expected in zip(kept_none, ours(rnn, pieces, state, per_event=False)[0], strict=True):
        torch.testing.assert_close(part[packing.rank], expected.detach(), rtol=0, atol=1e-6 if chunk else 0)


@pytest.mark.parametrize("per_event", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_in_bfloat16_states_and_gradients_are_near(kind, per_event):
    rnn = network(kind, width=8, size=32, dtype=torch.float32)
    pieces = [torch.randn(n, 8) for n in LENGTHS]
    found = []
    for half in (False, True):
        rnn.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            last, outputs = ours(rnn, pieces, (torch.zeros(32),) * (1 if kind == "gru" else 2), per_event)
        out = outputs if per_event else last[0]
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
                state = (torch.zeros(16),) * (1 if kind == "gru" else 2)
                (out, *_), _ = ours(rnn, [torch.randn(n, 8) for n in lengths], state, per_event=False)
            out.float().square().sum().backward()
    assert {rows % 16 for rows, *_ in seen.shapes} == {0}
    assert len(seen.shapes) <= 16
