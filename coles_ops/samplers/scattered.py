"""Random subsets: events drawn one by one (Babaev et al. 2022, section 3.2; ptls ``SplitRandom``, ``SampleRandom``)."""

import numpy as np

from coles_ops.config import Training
from coles_ops.samplers.base import SAMPLERS, Histories, Slices, grouped, within


@SAMPLERS.register("split_random")
def split_random(histories: Histories, spec: Training, rng: np.random.Generator) -> Slices:
    """Each event goes to one of ``slices`` disjoint subsets; the first slice_max events of each are kept.

    Unlike ptls, a subset that got no event is left out: it has no embedding.
    """
    owner = np.repeat(np.arange(len(histories.length)), histories.length)  # (M,)
    keys = owner * spec.slices + rng.integers(0, spec.slices, len(owner))
    order = np.argsort(keys, kind="stable")
    position = np.repeat(histories.start, histories.length) + within(histories.length)
    return grouped(histories, keys[order], position[order], spec.slices, spec.slice_max)


@SAMPLERS.register("sample_random")
def sample_random(histories: Histories, spec: Training, rng: np.random.Generator) -> Slices:
    """``slices`` subsets of a client, each without repetition; subsets may overlap.

    The size is uniform in slice_min .. slice_max - 1, as in ptls (slice_min where both are equal), and at most L.
    """
    client = np.repeat(np.arange(len(histories.length)), spec.slices)  # (S,)
    total = histories.length[client]
    drawn = rng.integers(spec.slice_min, max(spec.slice_max, spec.slice_min + 1), len(client))
    length = np.minimum(drawn, total)
    group = np.repeat(np.arange(len(client)), total)  # (M,)
    shuffled = np.argsort(group + rng.random(len(group)))  # a random order within each group
    chosen = np.zeros(len(group), dtype=bool)
    chosen[shuffled[within(total) < np.repeat(length, total)]] = True
    position = np.repeat(histories.start[client], total) + within(total)
    return Slices(client, length, position[chosen])
