"""Slices of consecutive events (Babaev et al. 2022, algorithm 1; ptls ``SampleSlices``)."""

from typing import Literal

import torch
from pydantic import Field

from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Ranged, Sampler, Slices, contiguous, stretches


@SAMPLERS.register("sample_slices")
class SampleSlices(Ranged):
    """Slices of consecutive events, length uniform in min .. min(max, L), start uniform.

    A client of at most ``min`` events gives its whole history each time.
    """

    name: Literal["sample_slices"] = Field("sample_slices", description="Slices of consecutive events.")

    def draw(self, histories: Histories, draws: Draws) -> Slices:
        """``slices`` of each client."""
        client = torch.arange(len(histories.length)).repeat_interleave(self.slices)  # (S,)
        return stretches(histories, client, torch.zeros_like(client), histories.length[client], self, draws)


@SAMPLERS.register("early_late")
class EarlyLate(Ranged):
    """Slices of disjoint parts: each history is cut once, and slices are by turns of its early and of its late part.

    What such pairs have in common lasts; slices of one history may be of the same weeks, or the same events. The cut
    is uniform where both parts have ``min`` events, and in the middle of a shorter history.
    """

    name: Literal["early_late"] = Field("early_late", description="Slices of an early and of a late part, by turns.")
    slices: int = Field(2, ge=2, description="Sub-sequences of a client in a batch, by turns early and late.")

    def draw(self, histories: Histories, draws: Draws) -> Slices:
        """``slices`` of each client; of a client of one event as many as it has parts."""
        total = histories.length  # (B,)
        least = (total // 2).clamp(max=self.min)
        cut = least + (draws.uniform(len(total)) * (total - 2 * least + 1)).long()  # (B,) events of the early part
        client = torch.arange(len(total)).repeat_interleave(self.slices)  # (S,)
        late = torch.arange(self.slices).repeat(len(total)) % 2 == 1
        first, part = torch.where(late, cut[client], 0), torch.where(late, (total - cut)[client], cut[client])
        real = part > 0
        return stretches(histories, client[real], first[real], part[real], self, draws)


@SAMPLERS.register("no_split")
class NoSplit(Sampler):
    """The whole history, once (ptls ``NoSplit``); it has no positive pairs, so it is of use to other objectives."""

    name: Literal["no_split"] = Field("no_split", description="The whole history, once.")

    def sample(self, histories: Histories, draws: Draws) -> Slices:
        """One of each client."""
        client = torch.arange(len(histories.length))
        return contiguous(histories, client, torch.zeros_like(client), histories.length, draws)
