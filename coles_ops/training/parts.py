"""A batch in parts: the gradient of an objective over all of its embeddings, in the memory that a part takes.

An objective may need all embeddings of a batch at once, so a batch cannot be cut into smaller ones. Its gradient can
(GradCache, Gao et al. 2021, section 3): encode every part and keep what the objective sees alone; the gradient of the
objective with respect to that; encode every part again, and go on from that gradient to the weights. The sum over the
parts is the gradient of the whole batch, up to the order in which numbers are added. It costs one more forward pass.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from coles_ops.encoders import Events

Encode = Callable[[Events], Sequence[Tensor]]  # what the objective sees of a part
Loss = Callable[[list[Sequence[Tensor]]], tuple[Tensor, int]]  # of all parts: a sum, and over how many terms


def backward_in_parts(encode: Encode, parts: list[Events], loss: Loss) -> tuple[Tensor, int]:
    """Add the gradient of an objective over a batch to the weights; returns its sum and count.

    Every part begins with the same random numbers, in both passes: the noise of a batch is one draw for all of its
    sub-sequences, so an encoder that draws nothing else (GRU, LSTM) computes what it would for the whole batch. A
    Transformer also draws positions and dropout, others than for the whole batch.
    """
    before = _random_state()
    seen: list[Sequence[Tensor]] = []
    for part in parts:
        _set_random_state(before)
        seen.append([values.detach().requires_grad_() for values in encode(part)])
    total, count = loss(seen)
    total.backward()
    for part, values in zip(parts, seen, strict=True):
        _set_random_state(before)
        used = [pair for pair in zip(encode(part), values, strict=True) if pair[1].grad is not None]
        torch.autograd.backward([again for again, _ in used], [value.grad for _, value in used])
    return total.detach(), count


def _random_state() -> tuple[Tensor, list[Tensor]]:
    return torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []


def _set_random_state(state: tuple[Tensor, list[Tensor]]) -> None:
    torch.set_rng_state(state[0])
    if state[1]:
        torch.cuda.set_rng_state_all(state[1])
