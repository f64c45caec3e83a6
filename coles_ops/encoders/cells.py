"""GRU and LSTM over packed sequences on the CPU, with their gradients.

PyTorch's own recurrent layers pad on the CPU, add up the gradient of the weights step by step and keep every
intermediate. Here a step is two matrix products and a few operations in place over the sequences that have it, the
gradients of the weights are one product over all events, and without gradients nothing is kept. The equations are those
of ``torch.nn.GRU`` and ``torch.nn.LSTM``.

N events of all sequences together, S sequences, F width of an event, H of the state.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.amp import custom_bwd, custom_fwd
from torch.autograd import Function

_CHUNK = 4096  # events whose gates are computed together, few enough to stay in the cache

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
    weights = (network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, network.bias_hh_l0)
    cells = _Gru if isinstance(network, nn.GRU) else _Lstm
    if torch.is_grad_enabled():
        return cells.apply(x, start, *weights, count)
    return cells.run(x, start, *weights, count, keep=False)[0]


class _Gru(Function):
    """What is kept: gates r, z, n (N, 3H), the candidate's share of the state (N, H), the state before (N, H)."""

    @staticmethod
    def run(
        x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, count: list[int], keep: bool
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Last states, and what the gradient needs, if it is to be kept."""
        H, rows = len(start), len(x) if keep else _scratch(count)
        gates, hidden, before = x.new_empty(rows, 3 * H), x.new_empty(rows, H), x.new_empty(rows, H)
        state = start.expand(count[0], H).clone()  # (S, H)
        bias = torch.cat([b_ih[: 2 * H] + b_hh[: 2 * H], b_ih[2 * H :]])
        w_rz, w_n = w_hh[: 2 * H].t(), w_hh[2 * H :].t()
        for events, steps in _chunks(count):
            first = 0 if not keep else events.start
            torch.addmm(bias, x[events], w_ih.t(), out=gates[first : first + events.stop - events.start])
            for n in steps:
                here = slice(first, first + n)
                first += n
                g, share, h = gates[here], hidden[here], before[here].copy_(state[:n])
                rz, candidate = g[:, : 2 * H], g[:, 2 * H :]
                rz.addmm_(h, w_rz).sigmoid_()
                torch.addmm(b_hh[2 * H :], h, w_n, out=share)
                candidate.addcmul_(rz[:, :H], share).tanh_()
                torch.lerp(candidate, h, rz[:, H:], out=state[:n])
        return state, (gates, hidden, before)

    @staticmethod
    @_FORWARD
    def forward(ctx: Any, x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, *rest: Any) -> Tensor:
        """(S, H) last states."""
        last, kept = _Gru.run(x, start, w_ih, w_hh, *rest, keep=True)
        ctx.save_for_backward(x, w_ih, w_hh, *kept)
        ctx.count = rest[-1]
        return last

    @staticmethod
    @_BACKWARD
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Gates and the candidate's share are overwritten by their gradients."""
        x, w_ih, w_hh, gates, hidden, before = ctx.saved_tensors
        H, d_state = hidden.shape[1], grad.clone()  # (S, H); rows of sequences that end earlier wait here
        end = len(x)
        for n in reversed(ctx.count):
            here = slice(end - n, end)
            end -= n
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
            torch.addmm(kept, g[:, : 2 * H], w_hh[: 2 * H], out=dh).addmm_(share, w_hh[2 * H :])
        dw_hh = torch.cat([gates[:, : 2 * H].t() @ before, hidden.t() @ before])
        db_ih = gates.sum(0)
        db_hh = torch.cat([db_ih[: 2 * H], hidden.sum(0)])
        return gates @ w_ih, d_state.sum(0), gates.t() @ x, dw_hh, db_ih, db_hh, None


class _Lstm(Function):
    """What is kept: gates i, f, g, o (N, 4H), output and cell before (N, H), the squashed cell after (N, H)."""

    @staticmethod
    def run(
        x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, count: list[int], keep: bool
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Last outputs, and what the gradient needs, if it is to be kept."""
        H, rows = w_hh.shape[1], len(x) if keep else _scratch(count)
        gates, before, cell, squashed = x.new_empty(rows, 4 * H), *(x.new_empty(rows, H) for _ in range(3))
        out, memory = x.new_zeros(count[0], H), x.new_zeros(count[0], H)  # (S, H), (S, H)
        for events, steps in _chunks(count):
            first = 0 if not keep else events.start
            torch.addmm(b_ih + b_hh, x[events], w_ih.t(), out=gates[first : first + events.stop - events.start])
            for n in steps:
                here = slice(first, first + n)
                first += n
                g = gates[here].addmm_(before[here].copy_(out[:n]), w_hh.t())
                g[:, : 2 * H].sigmoid_()
                g[:, 2 * H : 3 * H].tanh_()
                g[:, 3 * H :].sigmoid_()
                torch.mul(g[:, H : 2 * H], cell[here].copy_(memory[:n]), out=memory[:n])
                memory[:n].addcmul_(g[:, :H], g[:, 2 * H : 3 * H])
                torch.mul(g[:, 3 * H :], torch.tanh(memory[:n], out=squashed[here]), out=out[:n])
        return out, (gates, before, cell, squashed)

    @staticmethod
    @_FORWARD
    def forward(ctx: Any, x: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, *rest: Any) -> Tensor:
        """(S, H) last outputs."""
        last, kept = _Lstm.run(x, start, w_ih, w_hh, *rest, keep=True)
        ctx.save_for_backward(x, w_ih, w_hh, *kept)
        ctx.count = rest[-1]
        return last

    @staticmethod
    @_BACKWARD
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Gates are overwritten by their gradients."""
        x, w_ih, w_hh, gates, before, cell, squashed = ctx.saved_tensors
        H, d_out, d_cell = before.shape[1], grad.clone(), torch.zeros_like(grad)  # (S, H), (S, H)
        end = len(x)
        for n in reversed(ctx.count):
            here = slice(end - n, end)
            end -= n
            gate, t, dh, dc = gates[here], squashed[here], d_out[:n], d_cell[:n]
            i, f, g, o = gate.split(H, dim=1)
            dc.addcmul_(dh * o, 1 - t * t)
            do = (dh * t).mul_(o).mul_(1 - o)
            di = (dc * g).mul_(i).mul_(1 - i)
            dg = (dc * i).mul_(1 - g * g)
            df = (dc * cell[here]).mul_(f).mul_(1 - f)
            dc.mul_(f)
            torch.cat([di, df, dg, do], dim=1, out=gate)
            torch.mm(gate, w_hh, out=dh)
        db = gates.sum(0)
        return gates @ w_ih, None, gates.t() @ x, gates.t() @ before, db, db, None


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


def _scratch(count: list[int]) -> int:
    """Events of the largest chunk."""
    return max(events.stop - events.start for events, _ in _chunks(count))
