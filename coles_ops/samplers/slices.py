"""Random slices: consecutive events (Babaev et al. 2022, algorithm 1; ptls ``SampleSlices``)."""

import numpy as np

from coles_ops.config import Training
from coles_ops.samplers.base import SAMPLERS, Histories, Slices, contiguous


@SAMPLERS.register("sample_slices")
def sample_slices(histories: Histories, spec: Training, rng: np.random.Generator) -> Slices:
    """``slices`` slices a client, length uniform in slice_min .. min(slice_max, L), start uniform.

    A client of at most slice_min events gives its whole history each time.
    """
    client = np.repeat(np.arange(len(histories.length)), spec.slices)  # (S,)
    total = histories.length[client]
    whole = total <= spec.slice_min
    longest = np.where(whole, total, np.minimum(total, spec.slice_max))
    length = np.where(whole, total, rng.integers(np.minimum(spec.slice_min, longest), longest + 1))
    start = (rng.random(len(client)) * (total - length + 1)).astype(np.int64)
    return contiguous(histories, client, start, length)


@SAMPLERS.register("no_split")
def no_split(histories: Histories, spec: Training, rng: np.random.Generator) -> Slices:
    """The whole history, once (ptls ``NoSplit``); it has no positive pairs, so it is of use to other losses."""
    client = np.arange(len(histories.length))
    return contiguous(histories, client, np.zeros_like(client), histories.length)
