"""Random subsets: events drawn one by one (Babaev et al. 2022, section 3.2; ptls ``SplitRandom``, ``SampleRandom``).

How many events a subset gets is drawn first, on the host; which ones follow from a random order of the events.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from coles_ops.ragged import ranges, segment_ids, send
from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Limited, Ranged, Slices


@SAMPLERS.register("split_random")
class SplitRandom(Limited):
    """Each event goes to one of ``slices`` disjoint subsets; the first ``max`` events of each are kept.

    Unlike ptls, a subset that got no event is left out: it has no embedding.
    """

    name: Literal["split_random"] = Field("split_random", description="Disjoint random subsets.")

    def draw(self, histories: Histories, draws: Draws) -> Slices:
        """At most ``slices`` of each client."""
        count = _multinomial(histories.length, self.slices, draws)  # (B * slices,)
        subset = torch.empty(int(count.sum()), dtype=torch.int64, device=draws.device)  # (M,)
        # Given how many events each subset gets, every way of dealing them is equally likely.
        subset[draws.shuffled(histories.length)] = segment_ids(count, draws.device)
        in_time = torch.sort(subset, stable=True).indices  # (M,) subset after subset
        filled = count.nonzero()[:, 0]
        begin, length = (torch.cumsum(count, 0) - count)[filled], count[filled].clamp(max=self.max)
        position = ranges(histories.start, histories.length, draws.device)  # (M,)
        return Slices(filled // self.slices, length, position[in_time[ranges(begin, length, draws.device)]])


@SAMPLERS.register("sample_random")
class SampleRandom(Ranged):
    """Subsets of a client, each without repetition; subsets may overlap.

    The size is uniform in min .. max - 1, as in ptls (min where both are equal), and at most L.
    """

    name: Literal["sample_random"] = Field("sample_random", description="Random subsets that may overlap.")

    def draw(self, histories: Histories, draws: Draws) -> Slices:
        """``slices`` of each client."""
        client = torch.arange(len(histories.length)).repeat_interleave(self.slices)  # (S,)
        total = histories.length[client]
        width = max(self.max - self.min, 1)
        drawn = self.min + (draws.uniform(len(client)) * width).long()
        length = torch.minimum(drawn, total)
        before = torch.cumsum(total, 0) - total
        taken = draws.shuffled(total)[ranges(before, length, draws.device)]  # (N,) of the clients' events, laid S times
        in_time, shift = torch.sort(taken).values, histories.start[client] - before  # (N,), (S,)
        return Slices(client, length, in_time + send(shift, draws.device)[segment_ids(length, draws.device)])


def _multinomial(total: Tensor, slices: int, draws: Draws) -> Tensor:
    """(B * slices,) how many of ``total`` (B,) events each subset of a client gets."""
    left, counts = total.double(), []
    for others in range(slices - 1, -1, -1):
        chance = torch.full_like(left, 1 / (others + 1))
        counts.append(torch.binomial(left, chance, generator=draws.sizes) if others else left)
        left = left - counts[-1]
    return torch.stack(counts, dim=1).long().flatten()
