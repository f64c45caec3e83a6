"""Sharing a GPU among trials: by what each was measured to need.

A process on a GPU holds torch's memory and, beside it, a CUDA context with the kernels of cuBLAS and cuDNN.
"""

import itertools
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from ray.tune import PlacementGroupFactory

from coles_ops.config import Config, Range, Training
from coles_ops.schema import Part
from coles_ops.store import EventStore
from coles_ops.training import Trainer, embed
from coles_ops.tuning.assignment import choice_of
from coles_ops.tuning.space import plan_trials, specify
from coles_ops.tuning.trial import probed

log = logging.getLogger("coles.search")

_CONTEXT = 768 * 2**20  # bytes beside torch's: about 500 MB on A100 to H200, and workspaces of cuBLAS
_MARGIN = 1.1  # of torch's peak: free blocks lie differently in every epoch
_FIELDS = (
    "encoder", "sampler", "embedding_size", "category_size", "layers", "heads", "loss", "negatives", "batch_size",
    "slices", "slice_max", "min_events", "window_days", "precision", "buckets",
)  # fmt: skip

Shape = tuple[Any, ...]
K = TypeVar("K")


def shape(config: Config, spec: Training) -> Shape:
    """What a trial's memory depends on; a dimension searched as a range counts as its upper end."""
    return tuple(getattr(_widest(config, spec), field) for field in _FIELDS)


def shapes(config: Config) -> dict[Shape, Training]:
    """One specification for every shape the search can draw."""
    if config.search.algorithm == "optuna":
        listed = {f: v for f, v in config.search.space.items() if f in _FIELDS and isinstance(v, list)}
        choices = [dict(zip(listed, values, strict=True)) for values in itertools.product(*listed.values())]
        specs = [config.training.model_copy(update=choice) for choice in choices]
    else:
        specs = plan_trials(config)
    return {shape(config, spec): _widest(config, spec) for spec in specs}


def shares(peaks: Mapping[K, int], free: int, least: float) -> dict[K, float]:
    """The part of a GPU that each trial asks for.

    Args:
        peaks: trial's shape to the most bytes torch reserved for it.
        free: bytes of the GPU that trials may fill.
        least: part of a GPU at which the processor's cores are all taken: a smaller one brings no further trial.

    Returns:
        In (0, 1], in ten-thousandths, which is as fine as Ray counts; cut off, so that three thirds fit.
    """
    wanted = {key: max((_MARGIN * peak + _CONTEXT) / free, least) for key, peak in peaks.items()}
    return {key: min(1.0, math.floor(part * 10_000) / 10_000) for key, part in wanted.items()}


def request(config: Config, parts: Mapping[Shape, float]) -> Callable[[dict[str, Any]], PlacementGroupFactory]:
    """What a trial asks Ray for, as a function of its parameters."""

    def ask(trial: dict[str, Any]) -> PlacementGroupFactory:
        part = parts[shape(config, specify(config, choice_of(trial)))]
        return PlacementGroupFactory([{"CPU": config.resources.cpus_per_trial, "GPU": part}])

    return ask


def measure(store: Path, config: Config, specs: list[Training]) -> tuple[list[int], int] | None:
    """Peak bytes of each trial on the GPU of this process, and the bytes that trials may fill; None without a GPU."""
    if not torch.cuda.is_available():
        return None
    free = min(torch.cuda.mem_get_info()[0] + _CONTEXT, torch.cuda.mem_get_info()[1])  # this context goes again
    peaks = []
    for spec in specs:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        try:
            largest_step(store, config, spec, "cuda")
            peaks.append(torch.cuda.max_memory_reserved())
        except torch.OutOfMemoryError:
            peaks.append(free)  # it gets a GPU to itself, where its usual batches may fit
    return peaks, free


def largest_step(store: Path, config: Config, spec: Training, device: str) -> dict[str, float]:
    """Train on the largest batch a trial can meet, and embed the longest clients as its probe does.

    The batch is that of the longest training clients with all slices at ``slice_max``.

    Returns:
        What ``Trainer.run_epoch`` tells of it.
    """
    clients = len(EventStore(store).rows(Part.TRAIN, Part.UNLABELLED, min_events=spec.min_events))
    batches = max(1, clients // spec.batch_size)
    longest = _Longest(store, most=math.ceil(clients / batches))
    trainer = Trainer(longest, spec.model_copy(update={"slice_min": spec.slice_max}), device)
    facts = trainer.run_epoch()
    embed(trainer.model, longest, longest.rows(Part.TRAIN, Part.VALID), probed(config, spec), device)
    return facts


def cap_memory(gpu: float) -> None:
    """Keep this process within its part of the GPU it shares: it fails alone, not its neighbours."""
    if 0 < gpu < 1:
        total = torch.cuda.mem_get_info()[1]
        torch.cuda.set_per_process_memory_fraction(max(0.0, gpu - _CONTEXT / total))


@dataclass(frozen=True)
class _Longest(EventStore):
    """A store of which only the ``most`` longest clients of any parts are seen."""

    most: int = field(compare=False)  # events on the device are kept by store, whatever is seen of it

    def rows(self, *parts: Part, min_events: int = 0) -> np.ndarray:
        rows = super().rows(*parts, min_events=min_events)
        return np.sort(rows[np.argsort(self.lengths[rows])[-self.most :]])


def _widest(config: Config, spec: Training) -> Training:
    ends = {f: v.high for f, v in config.search.space.items() if isinstance(v, Range) and f in _FIELDS}
    whole = {f: round(v) if Training.model_fields[f].annotation is int else v for f, v in ends.items()}
    return spec.model_copy(update=whole)
