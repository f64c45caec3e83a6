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


State = tuple[Tensor, ...]  # output of a GRU, or output and cell of an LSTM: each (S, H), longest sequence first


def run(
    network: nn.GRU | nn.LSTM, x: Tensor, state: State, count: list[int], per_event: bool = False
) -> tuple[State, Tensor | None]:
    """The state after the last event of each sequence, and if asked for the output after every event (N, H).

    Args:
        network: of one layer; its weights and its kind are used.
        x: (N, F) packed events.
        state: the first; (H,) where all sequences have the same.
        count: sequences that have each step.
        per_event: whether outputs are wanted.
    """
    *last, outputs = _cells(network).apply(x, count, per_event, *_weights(network), *state)
    return tuple(last), outputs


def scan(network: nn.GRU | nn.LSTM, x: Callable[[slice], Tensor], state: State, count: list[int]) -> State:
    """The same without gradients, and without keeping anything: ``x`` gives the packed events of a range (M, F)."""
    cells, (w_ih, w_hh, b_ih, b_hh) = _cells(network), _weights(network)
    last = _initial(state, count[0], w_hh)
    for events, steps in _chunks(count):
        gates = torch.addmm(cells.bias(b_ih, b_hh), x(events), w_ih.t())
        cells.advance(last, gates, cells.buffers(gates), w_hh, b_hh, steps)
    return tuple(part[: count[0]] for part in last)


def _cells(network: nn.GRU | nn.LSTM) -> Any:
    return _Gru if isinstance(network, nn.GRU) else _Lstm


def _weights(network: nn.GRU | nn.LSTM) -> tuple[Tensor, ...]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return tuple(network.get_parameter(name) for name in names)


def _whole(rows: int, like: Tensor, block: int = _BLOCK) -> int:
    """Rows of a product, in bfloat16 in blocks: oneDNN compiles and keeps a kernel, a megabyte, for every shape."""
    return rows if like.dtype != torch.bfloat16 else -(-rows // block) * block


def _initial(state: State, sequences: int, w_hh: Tensor) -> State:
    """A first state to work in, (S, H) and rows for a last block."""
    rows = _whole(sequences, w_hh)
    return tuple(
        part.expand(rows, -1).clone() if part.dim() == 1 else F.pad(part, (0, 0, 0, rows - sequences)).clone()
        for part in state
    )


class _Gru(Function):
    """What is kept: gates r, z, n (N, 3H), the candidate's share of the state (N, H), the state before (N, H)."""

    @staticmethod
    def bias(b_ih: Tensor, b_hh: Tensor) -> Tensor:
        """What is added to the events' projection: the candidate's own bias of the state stays apart."""
        H = len(b_ih) // 3
        return torch.cat([b_ih[: 2 * H] + b_hh[: 2 * H], b_ih[2 * H :]])

    @staticmethod
    def buffers(gates: Tensor) -> tuple[Tensor, Tensor]:
        """The candidate's share and the state before, and rows for a last block."""
        shape = len(gates) + _whole(1, gates), gates.shape[1] // 3
        return gates.new_zeros(shape), gates.new_zeros(shape)

    @staticmethod
    def advance(
        state: State, gates: Tensor, kept: tuple[Tensor, ...], w_hh: Tensor, b_hh: Tensor, count: list[int],
        outputs: Tensor | None = None,
    ) -> None:  # fmt: skip
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
            if outputs is not None:
                outputs[first : first + n] = h[:n]
            first += n

    @staticmethod
    @_FORWARD
    def forward(ctx: Any, *args: Any) -> tuple[Tensor | None, ...]:
        """The last state (S, H), and the output after every event (N, H) or None."""
        return _train(_Gru, ctx, *args)

    @staticmethod
    @_BACKWARD
    def backward(ctx: Any, grad: Tensor | None, d_outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gates and the candidate's share are overwritten by their gradients."""
        x, w_ih, w_hh, gates, hidden, before = ctx.saved_tensors
        H, d_state = before.shape[1], _own(grad, ctx, before)  # (S, H); rows of sequences that end earlier wait here
        product = d_state.new_empty(_whole(len(d_state), d_state), H)
        end = sum(ctx.count)
        gates[end:], hidden[end:], before[end:] = 0, 0, 0
        for n in reversed(ctx.count):
            end -= n
            here, block = slice(end, end + n), slice(end, end + _whole(n, d_state))
            g, share, h, dh = gates[here], hidden[here], before[here], d_state[:n]
            if d_outputs is not None:
                dh += d_outputs[here]
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
        return dx, None, None, gates[rows].t() @ x, dw_hh, db_ih, db_hh, *_initial_grads(ctx, d_state)


class _Lstm(Function):
    """What is kept: gates i, f, g, o (N, 4H), output and cell before (N, H), the squashed cell after (N, H)."""

    @staticmethod
    def bias(b_ih: Tensor, b_hh: Tensor) -> Tensor:
        """What is added to the events' projection."""
        return b_ih + b_hh

    @staticmethod
    def buffers(gates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Output and cell before, squashed cell after."""
        shape = len(gates), gates.shape[1] // 4
        return gates.new_zeros(shape), gates.new_empty(shape), gates.new_empty(shape)

    @staticmethod
    def advance(
        state: State, gates: Tensor, kept: tuple[Tensor, ...], w_hh: Tensor, b_hh: Tensor, count: list[int],
        outputs: Tensor | None = None,
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
            if outputs is not None:
                outputs[here] = out[:n]

    @staticmethod
    @_FORWARD
    def forward(ctx: Any, *args: Any) -> tuple[Tensor | None, ...]:
        """The last output and cell (S, H), and the output after every event (N, H) or None."""
        return _train(_Lstm, ctx, *args)

    @staticmethod
    @_BACKWARD
    def backward(
        ctx: Any, grad: Tensor | None, grad_cell: Tensor | None, d_outputs: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """Gates are overwritten by their gradients."""
        x, w_ih, w_hh, gates, before, cell, squashed = ctx.saved_tensors
        H, d_out, d_cell = before.shape[1], _own(grad, ctx, before), _own(grad_cell, ctx, before)  # (S, H), (S, H)
        product = d_out.new_empty(_whole(len(d_out), d_out), H)
        end = sum(ctx.count)
        gates[end:], before[end:] = 0, 0
        for n in reversed(ctx.count):
            end -= n
            here, block = slice(end, end + n), slice(end, end + _whole(n, d_out))
            gate, t, dh, dc = gates[here], squashed[here], d_out[:n], d_cell[:n]
            if d_outputs is not None:
                dh += d_outputs[here]
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
        dw_ih, dw_hh = gates[rows].t() @ x, gates[rows].t() @ before[rows]
        return dx, None, None, dw_ih, dw_hh, db, db, *_initial_grads(ctx, d_out, d_cell)


def _train(
    cells: Any, ctx: Any, x: Tensor, count: list[int], per_event: bool,
    w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, *state: Tensor,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Last state and outputs; what the gradient needs is kept, in bfloat16 with rows added to whole blocks."""
    x = F.pad(x, (0, 0, 0, _whole(len(x) + _BLOCK, x, _CHUNK) - len(x))) if x.dtype == torch.bfloat16 else x
    gates = torch.addmm(cells.bias(b_ih, b_hh), x, w_ih.t())
    last, kept = _initial(state, count[0], w_hh), cells.buffers(gates)
    outputs = w_hh.new_empty(sum(count), w_hh.shape[1]) if per_event else None
    cells.advance(last, gates, kept, w_hh, b_hh, count, outputs)
    ctx.save_for_backward(x, w_ih, w_hh, gates, *kept)
    ctx.count, ctx.shared = count, [part.dim() == 1 for part in state]
    ctx.set_materialize_grads(False)
    return *(part[: count[0]] for part in last), outputs


def _own(grad: Tensor | None, ctx: Any, like: Tensor) -> Tensor:
    """A gradient (S, H) to work in; zeros where nothing depends on the last state."""
    return like.new_zeros(ctx.count[0], like.shape[1]) if grad is None else grad.clone()


def _initial_grads(ctx: Any, *grads: Tensor) -> list[Tensor | None]:
    """The gradients of the first state: of each sequence (S, H), or of the one that all share (H,)."""
    wanted = zip(grads, ctx.shared, ctx.needs_input_grad[-len(grads) :], strict=True)
    return [(grad.sum(0) if shared else grad) if needed else None for grad, shared, needed in wanted]


def _chunks(count: list[int]) -> list[tuple[slice, list[int]]]:
    """Events of some consecutive steps, at least ``_CHUNK`` but for the last, and the sequences of each step."""
    chunks: list[tuple[slice, list[int]]] = []
    start = end = first = 0
    for step, n in enumerate(count, start=1):
        end += n
        if end - start >= _CHUNK or step == len(count):
            chunks.append((slice(start, end), count[first:step]))
            start, first = end, step
    return chunks
