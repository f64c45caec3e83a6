"""Sequences of unlike length without padding: longest first, step after step, as cuDNN packs them.

N events of all sequences together, S sequences, T steps of the longest.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Packing:
    """How sequences that lie end to end are packed; all of it on the host, where shapes are known.

    Events go by step, first all first events, then all second ones; within a step by falling length of the sequence.
    """

    order: Tensor  # (S,) sequences, longest first
    length: Tensor  # (S,) events of each, in that order
    count: Tensor  # (T,) sequences that have this step

    @cached_property
    def step_begin(self) -> Tensor:
        """(T,) place of the first event of each step."""
        return torch.cumsum(self.count, 0) - self.count

    @cached_property
    def rank(self) -> Tensor:
        """(S,) place of each sequence in ``order``."""
        return torch.argsort(self.order)

    def segment_ids(self) -> Tensor:
        """(N,) place of its sequence in ``order``, of each packed event."""
        step = torch.repeat_interleave(self.count)  # (N,)
        return torch.arange(len(step)) - self.step_begin[step]

    def source(self) -> Tensor:
        """(N,) place among the events laid end to end, of each packed event."""
        sequence_begin = torch.empty_like(self.length)
        sequence_begin[self.order] = self.length
        sequence_begin = torch.cumsum(sequence_begin, 0) - sequence_begin  # (S,) in the order they lie
        step = torch.repeat_interleave(self.count)  # (N,)
        return sequence_begin[self.order][self.segment_ids()] + step


def pack(length: Tensor) -> Packing:
    """Pack sequences of these lengths (S,), each at least 1."""
    order = torch.argsort(length, descending=True, stable=True)  # (S,)
    falling = length[order]
    steps = torch.arange(int(falling[0]))
    return Packing(order, falling, torch.searchsorted(-falling, -steps))  # sequences longer than the step
