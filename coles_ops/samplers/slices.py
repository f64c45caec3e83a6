"""Random slices: consecutive events (Babaev et al. 2022, algorithm 1; ptls ``SampleSlices``)."""

from typing import Literal

import torch
from pydantic import Field

from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Ranged, Sampler, Slices, contiguous


@SAMPLERS.register("sample_slices")
class SampleSlices(Ranged):
    """Slices of consecutive events, length uniform in min .. min(max, L), start uniform.

    A client of at most ``min`` events gives its whole history each time.
    """

    name: Literal["sample_slices"] = Field("sample_slices", description="Slices of consecutive events.")

    def sample(self, histories: Histories, draws: Draws) -> Slices:
        """``slices`` of each client."""
        client = torch.arange(len(histories.length)).repeat_interleave(self.slices)  # (S,)
        total = histories.length[client]
        longest = total.clamp(max=self.max)
        shortest = longest.clamp(max=self.min)
        length = shortest + (draws.uniform(len(client)) * (longest - shortest + 1)).long()
        start = (draws.uniform(len(client)) * (total - length + 1)).long()
        return contiguous(histories, client, start, length, draws)


@SAMPLERS.register("no_split")
class NoSplit(Sampler):
    """The whole history, once (ptls ``NoSplit``); it has no positive pairs, so it is of use to other objectives."""

    name: Literal["no_split"] = Field("no_split", description="The whole history, once.")

    def sample(self, histories: Histories, draws: Draws) -> Slices:
        """One of each client."""
        client = torch.arange(len(histories.length))
        return contiguous(histories, client, torch.zeros_like(client), histories.length, draws)
