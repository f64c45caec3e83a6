"""GRU and LSTM over packed sequences on the CPU, with their gradients.

PyTorch's own recurrent layers pad on the CPU, add up the gradient of the weights step by step and keep every
intermediate. Here a step is two matrix products and a few operations in place over the sequences that have it, the
gradients of the weights are one product over all events, and without gradients nothing is kept. The equations are those
of ``torch.nn.GRU`` and ``torch.nn.LSTM``.

N events of all sequences together, S sequences, F width of an event, H of the state.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp import custom_bwd, custom_fwd
from torch.autograd import Function
from torch.nn import functional as F

_CHUNK = 4096  # events that a scan has in memory at a time
_BLOCK = 32  # rows of which products in bfloat16 take whole numbers

# Under autocast the whole recurrence is in bfloat16, state and all, as in PyTorch's own.
_FORWARD = custom_fwd(device_type="cpu", cast_inputs=torch.bfloat16)
_BACKWARD = custom_bwd(device_type="cpu")


def last_states(network: nn.GRU | nn.LSTM, x: Tensor, start: Tensor, count: list[int]) -> Tensor:
    """(S, H) state after the last event of each sequence, longest first.

    Args:
        network: of one layer; its weights and its kind are used.
        x: (N, F) packed events.
        start: (H,) first state of a GRU; an LSTM starts from zeros.
        count: sequences that have each step.
    """
    return _cells(network).apply(x, start, *_weights(network), count)


def scan(network: nn.GRU | nn.LSTM, x: Callable[[slice], Tensor], start: Tensor, count: list[int]) -> Tensor:
    """The same without gradients, and without keeping anything: ``x`` gives the packed events of a range (M, F)."""
    cells, (w_ih, w_hh, b_ih, b_hh) = _cells(network), _weights(network)
    state = cells.begin(start, count[0], w_hh)
    for events, steps in _chunks(count):
        gates = torch.addmm(cells.bias(b_ih, b_hh), x(events), w_ih.t())
        cells.advance(state, gates, cells.room(gates), w_hh, b_hh, steps)
    return state[0][: count[0]]


def _cells(network: nn.GRU | nn.LSTM) -> Any:
    return _Gru if isinstance(network, nn.GRU) else _Lstm


def _weights(network: nn.GRU | nn.LSTM) -> tuple[Tensor, ...]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return tuple(network.get_parameter(name) for name in names)


def _whole(rows: int, like: Tensor, block: int = _BLOCK) -> int:
    """Rows of a product, in bfloat16 in blocks: oneDNN compiles and keeps a kernel, a megabyte, for every shape."""
    return rows if like.dtype != torch.bfloat16 else -(-rows // block) * block


class _Gru(Function):
    """What is kept: gates r, z, n (N, 3H), the candidate's share of the state (N, H), the state before (N, H)."""

    @staticmethod
    def begin(start: Tensor, sequences: int, w_hh: Tensor) -> tuple[Tensor]:
        """The state (S, H)."""
        return (start.expand(_whole(sequences, w_hh), -1).clone(),)

    @staticmethod
    def bias(b_ih: Tensor, b_hh: Tensor) -> Tensor:
        """What is added to the events' projection: the candidate's own bias of the state stays apart."""
        H = len(b_ih) // 3
        return torch.cat([b_ih[: 2 * H] + b_hh[: 2 * H], b_ih[2 * H :]])

    @staticmethod
    def room(gates: Tensor) -> tuple[Tensor, Tensor]:
        """The candidate's share and the state before, and rows for a last block."""
        shape = len(gates) + _whole(1, gates), gates.shape[1] // 3
        return gates.new_zeros(shape), gates.new_zeros(shape)

    @staticmethod
    def advance(
        state: tuple[Tensor], gates: Tensor, kept: tuple[Tensor, Tensor], w_hh: Tensor, b_hh: Tensor, count: list[int]
    ) -> None:
        """Go through steps; ``gates`` hold the projection of their events, and in the end r, z, n."""
        (h,), (hidden, before), H = state, kept, w_hh.shape[1]
        w_rz, w_n = w_hh[: 2 * H].t(), w_hh[2 * H :].t()
        product = gates.new_empty(len(h), 2 * H)
        first = 0
        for n in count:
            m, g, share = _whole(n, h), gates[first : first + n], hidden[first : first + n]
            before[first : first + n] = h[:n]
            rz, candidate = g[:, : 2 * H], g[:, 2 * H :]
            if m == n:
                rz.addmm_(h[:n], w_rz).sigmoid_()
            else:
                rz.add_(torch.mm(h[:m], w_rz, out=product[:m])[:n]).sigmoid_()
            torch.addmm(b_hh[2 * H :], h[:m], w_n, out=hidden[first : first + m])
            candidate.addcmul_(rz[:, :H], share).tanh_()
            torch.lerp(candidate, h[:n], rz[:, H:], out=h[:n])
            first += n

    @staticmethod
    @_FORWARD
    def forward(ctx: Any, x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, *rest: Any) -> Tensor:
        """(S, H) last states."""
        return _train(_Gru, ctx, x, start, w_ih, w_hh, *rest)

    @staticmethod
    @_BACKWARD
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gates and the candidate's share are overwritten by their gradients."""
        x, w_ih, w_hh, gates, hidden, before = ctx.saved_tensors
        H, d_state = before.shape[1], grad.clone()  # (S, H); rows of sequences that end earlier wait here
        product = grad.new_empty(_whole(len(grad), grad), H)
        end = sum(ctx.count)
        gates[end:], hidden[end:], before[end:] = 0, 0, 0
        for n in reversed(ctx.count):
            end -= n
            here, block = slice(end, end + n), slice(end, end + _whole(n, grad))
            g, share, h, dh = gates[here], hidden[here], before[here], d_state[:n]
            r, z, candidate = g[:, :H], g[:, H : 2 * H], g[:, 2 * H :]
            kept = dh * z
            new = dh - kept
            work = torch.addcmul(kept, kept, z, value=-1)
            torch.mul(work, h - candidate, out=z)
            torch.mul(new, candidate, out=work)
            torch.addcmul(new, work, candidate, value=-1, out=candidate)
            torch.mul(candidate, share, out=work).mul_(r)
            torch.mul(candidate, r, out=share)
            torch.addcmul(work, work, r, value=-1, out=r)
            through = torch.mm(gates[block, : 2 * H], w_hh[: 2 * H], out=product[: block.stop - end])
            torch.add(kept, through.addmm_(hidden[block], w_hh[2 * H :])[:n], out=dh)
        rows = slice(0, len(x))
        d_rz, d_share, h = gates[rows, : 2 * H], hidden[rows], before[rows]
        dw_hh = torch.cat([d_rz.t() @ h, d_share.t() @ h])
        db_ih = gates.sum(0)
        db_hh = torch.cat([db_ih[: 2 * H], hidden.sum(0)])
        dx = (gates[rows] @ w_ih)[: sum(ctx.count)]
        return dx, d_state.sum(0), gates[rows].t() @ x, dw_hh, db_ih, db_hh, None


class _Lstm(Function):
    """What is kept: gates i, f, g, o (N, 4H), output and cell before (N, H), the squashed cell after (N, H)."""

    @staticmethod
    def begin(start: Tensor, sequences: int, w_hh: Tensor) -> tuple[Tensor, Tensor]:
        """Output and cell (S, H)."""
        shape = _whole(sequences, w_hh), w_hh.shape[1]
        return w_hh.new_zeros(shape), w_hh.new_zeros(shape)

    @staticmethod
    def bias(b_ih: Tensor, b_hh: Tensor) -> Tensor:
        """What is added to the events' projection."""
        return b_ih + b_hh

    @staticmethod
    def room(gates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Output and cell before, squashed cell after."""
        shape = len(gates), gates.shape[1] // 4
        return gates.new_zeros(shape), gates.new_empty(shape), gates.new_empty(shape)

    @staticmethod
    def advance(
        state: tuple[Tensor, Tensor], gates: Tensor, kept: tuple[Tensor, ...], w_hh: Tensor, b_hh: Tensor,
        count: list[int],
    ) -> None:  # fmt: skip
        """Go through steps; ``gates`` hold the projection of their events, and in the end i, f, g, o."""
        (out, memory), (before, cell, squashed), H = state, kept, w_hh.shape[1]
        product = gates.new_empty(len(out), 4 * H)
        first = 0
        for n in count:
            m, here = _whole(n, out), slice(first, first + n)
            first += n
            before[here] = out[:n]
            if m == n:
                g = gates[here].addmm_(out[:n], w_hh.t())
            else:
                g = gates[here].add_(torch.mm(out[:m], w_hh.t(), out=product[:m])[:n])
            g[:, : 2 * H].sigmoid_()
            g[:, 2 * H : 3 * H].tanh_()
            g[:, 3 * H :].sigmoid_()
            torch.mul(g[:, H : 2 * H], cell[here].copy_(memory[:n]), out=memory[:n])
            memory[:n].addcmul_(g[:, :H], g[:, 2 * H : 3 * H])
            torch.mul(g[:, 3 * H :], torch.tanh(memory[:n], out=squashed[here]), out=out[:n])

    @staticmethod
    @_FORWARD
    def forward(ctx: Any, x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, *rest: Any) -> Tensor:
        """(S, H) last outputs."""
        return _train(_Lstm, ctx, x, start, w_ih, w_hh, *rest)

    @staticmethod
    @_BACKWARD
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gates are overwritten by their gradients."""
        x, w_ih, w_hh, gates, before, cell, squashed = ctx.saved_tensors
        H, d_out, d_cell = before.shape[1], grad.clone(), torch.zeros_like(grad)  # (S, H), (S, H)
        product = grad.new_empty(_whole(len(grad), grad), H)
        end = sum(ctx.count)
        gates[end:], before[end:] = 0, 0
        for n in reversed(ctx.count):
            end -= n
            here, block = slice(end, end + n), slice(end, end + _whole(n, grad))
            gate, t, dh, dc = gates[here], squashed[here], d_out[:n], d_cell[:n]
            i, f, g, o = gate.split(H, dim=1)
            dc.addcmul_(dh * o, 1 - t * t)
            do = (dh * t).mul_(o).mul_(1 - o)
            di = (dc * g).mul_(i).mul_(1 - i)
            dg = (dc * i).mul_(1 - g * g)
            df = (dc * cell[here]).mul_(f).mul_(1 - f)
            dc.mul_(f)
            torch.cat([di, df, dg, do], dim=1, out=gate)
            dh.copy_(torch.mm(gates[block], w_hh, out=product[: block.stop - end])[:n])
        rows = slice(0, len(x))
        db = gates.sum(0)
        dx = (gates[rows] @ w_ih)[: sum(ctx.count)]
        return dx, None, gates[rows].t() @ x, gates[rows].t() @ before[rows], db, db, None


def _train(
    cells: Any, ctx: Any, x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor,
    count: list[int],
) -> Tensor:  # fmt: skip
    """Last states; what the gradient needs is kept, in bfloat16 with rows added to whole blocks."""
    x = F.pad(x, (0, 0, 0, _whole(len(x) + _BLOCK, x, _CHUNK) - len(x))) if x.dtype == torch.bfloat16 else x
    gates = torch.addmm(cells.bias(b_ih, b_hh), x, w_ih.t())
    state, kept = cells.begin(start, count[0], w_hh), cells.room(gates)
    cells.advance(state, gates, kept, w_hh, b_hh, count)
    ctx.save_for_backward(x, w_ih, w_hh, gates, *kept)
    ctx.count = count
    return state[0][: count[0]]


def _chunks(count: list[int]) -> list[tuple[slice, list[int]]]:
    """Events of some consecutive steps, at least ``_CHUNK`` but for the last, and the sequences of each step."""
    chunks: list[tuple[slice, list[int]]] = []
    begin = end = first = 0
    for step, n in enumerate(count, start=1):
        end += n
        if end - begin >= _CHUNK or step == len(count):
            chunks.append((slice(begin, end), count[first:step]))
            begin, first = end, step
    return chunks
