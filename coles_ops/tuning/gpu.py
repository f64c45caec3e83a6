"""Sharing a GPU among trials: by what each was measured to need.

A process on a GPU holds torch's memory and, beside it, a CUDA context with the kernels of cuBLAS and cuDNN.
"""

import itertools
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from ray.tune import PlacementGroupFactory

from coles_ops.component import NO_MEMORY, Component, Section
from coles_ops.config import Config, Range, Training, choose, fields_of, is_whole
from coles_ops.embedding import embed
from coles_ops.schema import Part
from coles_ops.store import EventStore
from coles_ops.training import Trainer, batches_of, training_rows
from coles_ops.tuning.assignment import training_of
from coles_ops.tuning.space import plan_trials

log = logging.getLogger("coles.search")

_CONTEXT = 768 * 2**20  # bytes beside torch's: about 500 MB on A100 to H200, and workspaces of cuBLAS
_MARGIN = 1.1  # of torch's peak: free blocks lie differently in every step

MemoryKey = tuple[tuple[str, Any], ...]
K = TypeVar("K")


def memory_key(config: Config, spec: Training) -> MemoryKey:
    """What a trial's memory depends on: all options but those that say they have no effect on it.

    A dimension searched as a range counts as its upper end.
    """
    return tuple(_memory_options(_widest(config, spec)))


def memory_keys(config: Config) -> dict[MemoryKey, Training]:
    """One specification for every memory key the search can draw."""
    specs = _possible(config) if config.search.algorithm == "optuna" else plan_trials(config)
    return {memory_key(config, spec): _widest(config, spec) for spec in specs}


def gpu_fractions(peaks: Mapping[K, int], free: int, least: float) -> dict[K, float]:
    """The part of a GPU that each trial asks for.

    Args:
        peaks: trial's memory key to the most bytes torch reserved for it.
        free: bytes of the GPU that trials may fill.
        least: part of a GPU at which the processor's cores are all taken: a smaller one brings no further trial.

    Returns:
        In (0, 1], in ten-thousandths, which is as fine as Ray counts; cut off, so that three thirds fit.
    """
    wanted = {key: max((_MARGIN * peak + _CONTEXT) / free, least) for key, peak in peaks.items()}
    return {key: min(1.0, math.floor(part * 10_000) / 10_000) for key, part in wanted.items()}


def resource_request(
    config: Config, fractions: Mapping[MemoryKey, float]
) -> Callable[[dict[str, Any]], PlacementGroupFactory]:
    """What a trial asks Ray for, as a function of its parameters."""

    def ask(trial: dict[str, Any]) -> PlacementGroupFactory:
        fraction = fractions[memory_key(config, training_of(trial))]
        return PlacementGroupFactory([{"CPU": config.resources.cpus_per_trial, "GPU": fraction}])

    return ask


def measure_peaks(store: Path, config: Config, specs: list[Training]) -> tuple[list[int], int] | None:
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

    The batch is that of the longest training clients with all slices as long as they may be.

    Returns:
        What ``Trainer.run`` tells of it.
    """
    clients = len(training_rows(EventStore(store), spec))
    longest = _Longest(store, most=math.ceil(clients / batches_of(clients, spec)))
    trainer = Trainer(longest, spec.model_copy(update={"sampler": spec.sampler.widest()}), device)
    facts = trainer.run(1)
    embed(trainer.model, longest, longest.rows(Part.TRAIN, Part.TUNE), config.embedding, device)
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
    """The same with every range at its upper end, whether or not the options then fit together."""
    space = config.search.space
    for key in _memory_dimensions(config, Range):
        high = space[key].high  # type: ignore[union-attr]
        value = round(high) if is_whole(config.training, space, key) else high
        head, _, option = key.partition(".")
        component = getattr(spec, head)
        if not option:
            spec = spec.model_copy(update={head: value})
        elif option in type(component).model_fields:
            spec = spec.model_copy(update={head: component.model_copy(update={option: value})})
    return spec


def _possible(config: Config) -> list[Training]:
    """The trainings that listed dimensions can make."""
    listed = _memory_dimensions(config, list)
    specs = []
    for values in itertools.product(*(config.search.space[key] for key in listed)):
        with suppress(ValidationError):  # Optuna's trial of it is not run either
            specs.append(choose(config.training, dict(zip(listed, values, strict=True))))
    return specs


def _memory_dimensions(config: Config, kind: type) -> list[str]:
    """The dimensions of this kind, list or Range, that memory depends on."""
    space = config.search.space
    wanted = [key for key, values in space.items() if isinstance(values, kind)]
    return [
        k
        for k in wanted
        if isinstance(getattr(config.training, k, None), Component)
        or any(_has_effect(field) for field in fields_of(config.training, space, k))
    ]


def _memory_options(section: Section, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _memory_options(value, f"{prefix}{name}.")
        elif _has_effect(info):
            yield f"{prefix}{name}", value


def _has_effect(field: FieldInfo) -> bool:
    return field.json_schema_extra != NO_MEMORY
