"""What trials share: a GPU by parts, a worker's memory one after the other."""

import psutil
import pytest
import torch

from coles_ops.artefacts.trial import TrialFolder
from coles_ops.config import choose, load_config
from coles_ops.embedding.memory import give_back_memory
from coles_ops.schema import FITS
from coles_ops.store import EventStore
from coles_ops.tuning.gpu import (
    _CONTEXT,
    cap_memory,
    gpu_fractions,
    largest_step,
    measure_peaks,
    memory_key,
    memory_keys,
    resource_request,
)
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial

GB = 2**30


def fitting(part: float) -> int:
    """How many of one kind Ray puts on a GPU."""
    return int(round(1 / part, 9)) if part else 0


def test_parts_follow_the_peaks():
    parts = gpu_fractions({"small": GB, "large": 30 * GB, "whole": 100 * GB}, free=80 * GB, least=0.0)
    assert parts["small"] == pytest.approx((1.1 + _CONTEXT / GB) / 80, abs=1e-4)
    assert parts["large"] == pytest.approx((33 + _CONTEXT / GB) / 80, abs=1e-4)
    assert parts["whole"] == 1.0
    for part in parts.values():
        assert part * fitting(part) <= 1


@pytest.mark.parametrize("trials", [1, 2, 3, 7, 16])
def test_no_more_trials_on_a_gpu_than_cores_allow_and_not_fewer(trials):
    part = gpu_fractions({"tiny": 2**20}, free=80 * GB, least=1 / trials)["tiny"]
    assert fitting(part) == trials


def test_a_key_is_what_memory_depends_on():
    sizes = {"search.space.encoder.size": [32, 64, 96, 128, 256, 512], "search.space.encoder": ["gru", "lstm"]}
    config = load_config("completejourney", sizes | {"search.space.optimiser.learning_rate": [0.1, 0.01]})
    assert len(plan_trials(config)) == 48
    assert len(memory_keys(config)) == 24
    assert all(memory_key(config, spec) in memory_keys(config) for spec in plan_trials(config))


def test_a_range_counts_as_its_upper_end():
    space = {"encoder.size": {"low": 8, "high": 300}, "encoder": ["gru", "lstm"]}
    config = load_config("completejourney", {"search.space": space, "search.algorithm": "optuna"})
    found = memory_keys(config)
    assert {(spec.encoder.name, spec.encoder.size) for spec in found.values()} == {("gru", 300), ("lstm", 300)}
    drawn = choose(config.training, {"encoder.size": 17, "encoder": "lstm"})
    assert memory_key(config, drawn) in found


def test_each_trial_asks_for_its_own_part():
    config = load_config("completejourney", {"search.space": {"encoder.size": [32, 64]}})
    small, large = plan_trials(config)
    ask = resource_request(config, {memory_key(config, small): 0.25, memory_key(config, large): 0.5})
    asked = [ask({"training": spec.model_dump()}).required_resources for spec in (small, large)]
    assert asked == [{"CPU": 1.0, "GPU": 0.25}, {"CPU": 1.0, "GPU": 0.5}]


def test_the_largest_batch_is_of_the_longest_clients(tiny_store):
    config = load_config("completejourney")
    change = {"batch_size": 8, "sampler.max": 30, "min_events": 5, "encoder.size": 8}
    spec = choose(config.training, change)
    store = EventStore(tiny_store.path)
    facts = largest_step(tiny_store.path, config, spec, "cpu")
    clients = len(store.rows(*FITS, min_events=5))
    batch = -(-clients // (clients // 8))
    events = round(facts["events_per_second"] * facts["seconds"])
    assert events == batch * spec.sampler.slices * 30


def test_without_a_gpu_nothing_is_measured(tiny_store, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert measure_peaks(tiny_store.path, load_config("completejourney"), []) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: peaks on a GPU were not measured")
def test_peaks_on_a_gpu_grow_with_the_trial(tiny_store):
    config = load_config("completejourney")
    specs = [
        choose(config.training, {"min_events": 5, "encoder.size": size, "sampler.max": longest})
        for size, longest in ((16, 20), (1024, 60))
    ]
    peaks, free = measure_peaks(tiny_store.path, config, specs)
    assert 0 < peaks[0] < peaks[1] < free


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the cap on a GPU was not tried")
def test_a_trial_cannot_outgrow_its_part_of_a_gpu():
    total = torch.cuda.mem_get_info()[1]
    cap_memory((_CONTEXT + GB) / total)
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(2 * GB, dtype=torch.uint8, device="cuda")
    cap_memory(0.99)


def test_a_workers_memory_stays_flat(run, events, tmp_path):
    """A trial that were kept would add 27 MB: weights, gradients and Adam's two moments of an LSTM of 640."""
    change = {"encoder": "lstm", "encoder.size": 640, "steps": 1, "batch_size": 8, "sampler.slices": 2}
    spec = choose(plan_trials(run.config)[0], change)
    store, resident, trial = events.store, [], None
    for number in range(8):
        trial = None
        give_back_memory()
        resident.append(psutil.Process().memory_info().rss / 2**20)
        trial = Trial(spec, run.config, store, TrialFolder(tmp_path / str(number)), "cpu")
        trial.step()
    assert trial is not None
    assert resident[-1] - resident[2] < 27
