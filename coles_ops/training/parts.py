"""A batch in parts: the gradient of a loss over all of its embeddings, in the memory that a part takes.

A contrastive loss needs all embeddings of a batch at once, so a batch cannot be cut into smaller ones. Its gradient
can (GradCache, Gao et al. 2021, section 3): embed every part and keep the embeddings alone; the gradient of the loss
with respect to them; embed every part again, and go on from that gradient to the weights. The sum over the parts is the
gradient of the whole batch, up to the order in which numbers are added. It costs one more forward pass.

S sub-sequences of a batch, D width.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from coles_ops.encoders import Events

Encode = Callable[[Events], Tensor]


def backward_in_parts(encode: Encode, parts: list[Events], loss: Callable[[Tensor], Tensor]) -> Tensor:
    """Add the gradient of a loss over a batch to the weights; returns the loss.

    Every part begins with the same random numbers, in both passes: the noise of a batch is one draw for all of its
    sub-sequences, so an encoder that draws nothing else (GRU, LSTM) computes what it would for the whole batch. A
    Transformer also draws positions and dropout, others than for the whole batch.

    Args:
        encode: events of a part to the embeddings of its sub-sequences.
        parts: the batch.
        loss: embeddings (S, D) to a number.
    """
    begin = _random_state()
    embedded = []
    for part in parts:
        _set_random_state(begin)
        embedded.append(encode(part).detach())
    whole = torch.cat(embedded).requires_grad_()  # (S, D)
    value = loss(whole)
    (gradient,) = torch.autograd.grad(value, whole)  # (S, D)
    for part, share in zip(parts, gradient.split([len(e) for e in embedded]), strict=True):
        _set_random_state(begin)
        encode(part).backward(share)
    return value.detach()


def _random_state() -> tuple[Tensor, list[Tensor]]:
    return torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []


def _set_random_state(state: tuple[Tensor, list[Tensor]]) -> None:
    torch.set_rng_state(state[0])
    if state[1]:
        torch.cuda.set_rng_state_all(state[1])
