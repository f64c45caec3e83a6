"""Random slices: consecutive events (Babaev et al. 2022, algorithm 1; ptls ``SampleSlices``)."""

import torch

from coles_ops.config import Training
from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Slices, contiguous


@SAMPLERS.register("sample_slices")
def sample_slices(histories: Histories, spec: Training, draws: Draws) -> Slices:
    """``slices`` slices a client, length uniform in slice_min .. min(slice_max, L), start uniform.

    A client of at most slice_min events gives its whole history each time.
    """
    client = torch.arange(len(histories.length)).repeat_interleave(spec.slices)  # (S,)
    total = histories.length[client]
    longest = total.clamp(max=spec.slice_max)
    shortest = longest.clamp(max=spec.slice_min)
    length = shortest + (draws.uniform(len(client)) * (longest - shortest + 1)).long()
    start = (draws.uniform(len(client)) * (total - length + 1)).long()
    return contiguous(histories, client, start, length, draws)


@SAMPLERS.register("no_split")
def no_split(histories: Histories, spec: Training, draws: Draws) -> Slices:
    """The whole history, once (ptls ``NoSplit``); it has no positive pairs, so it is of use to other losses."""
    client = torch.arange(len(histories.length))
    return contiguous(histories, client, torch.zeros_like(client), histories.length, draws)
