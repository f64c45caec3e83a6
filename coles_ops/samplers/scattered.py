"""Random subsets: events drawn one by one (Babaev et al. 2022, section 3.2; ptls ``SplitRandom``, ``SampleRandom``).

How many events a subset gets is drawn first, on the host; which ones follow from a random order of the events.
"""

import torch
from torch import Tensor

from coles_ops.config import Training
from coles_ops.ragged import owners, ranges, send
from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Slices


@SAMPLERS.register("split_random")
def split_random(histories: Histories, spec: Training, draws: Draws) -> Slices:
    """Each event goes to one of ``slices`` disjoint subsets; the first slice_max events of each are kept.

    Unlike ptls, a subset that got no event is left out: it has no embedding.
    """
    count = _multinomial(histories.length, spec.slices, draws)  # (B * slices,)
    subset = torch.empty(int(count.sum()), dtype=torch.int64, device=draws.device)  # (M,)
    # Given how many events each subset gets, every way of dealing them is equally likely.
    subset[draws.shuffled(histories.length)] = owners(count, draws.device)
    in_time = torch.sort(subset, stable=True).indices  # (M,) subset after subset
    filled = count.nonzero()[:, 0]
    begin, length = (torch.cumsum(count, 0) - count)[filled], count[filled].clamp(max=spec.slice_max)
    position = ranges(histories.start, histories.length, draws.device)  # (M,)
    return Slices(filled // spec.slices, length, position[in_time[ranges(begin, length, draws.device)]])


@SAMPLERS.register("sample_random")
def sample_random(histories: Histories, spec: Training, draws: Draws) -> Slices:
    """``slices`` subsets of a client, each without repetition; subsets may overlap.

    The size is uniform in slice_min .. slice_max - 1, as in ptls (slice_min where both are equal), and at most L.
    """
    client = torch.arange(len(histories.length)).repeat_interleave(spec.slices)  # (S,)
    total = histories.length[client]
    width = max(spec.slice_max - spec.slice_min, 1)
    drawn = spec.slice_min + (draws.uniform(len(client)) * width).long()
    length = torch.minimum(drawn, total)
    before = torch.cumsum(total, 0) - total
    taken = draws.shuffled(total)[ranges(before, length, draws.device)]  # (N,) of the clients' events, laid S times
    in_time, shift = torch.sort(taken).values, histories.start[client] - before  # (N,), (S,)
    return Slices(client, length, in_time + send(shift, draws.device)[owners(length, draws.device)])


def _multinomial(total: Tensor, slices: int, draws: Draws) -> Tensor:
    """(B * slices,) how many of ``total`` (B,) events each subset of a client gets."""
    left, counts = total.double(), []
    for others in range(slices - 1, -1, -1):
        chance = torch.full_like(left, 1 / (others + 1))
        counts.append(torch.binomial(left, chance, generator=draws.sizes) if others else left)
        left = left - counts[-1]
    return torch.stack(counts, dim=1).long().flatten()
