"""What only a GPU can show; the same code runs on the CPU in the other tests."""

import numpy as np
import pytest
import torch
from stores import write_store
from tables import tiny_run
from trainings import run_pass, small

from coles_ops.artefacts.trial import TrialFolder
from coles_ops.config import Embedding
from coles_ops.embedding import device_of, embed
from coles_ops.embedding.memory import give_back_memory
from coles_ops.embedding.reader import EventReader
from coles_ops.objectives import OBJECTIVES
from coles_ops.representations.encoders import RandomEncoder
from coles_ops.samplers import SAMPLERS
from coles_ops.training import Trainer
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU: training on one is not run")


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS.names() if name != "no_split"])
@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_no_step_waits_for_the_gpu(tiny_store, encoder, sampler):
    _train_without_waiting(Trainer(tiny_store, small(encoder=encoder, sampler=sampler, encoder__noise=0.0), "cuda"))


@pytest.mark.parametrize(
    "objective", [name for name in OBJECTIVES.names() if not OBJECTIVES.get(name)().needs.per_event]
)
@pytest.mark.parametrize("readout", ["last", "mean", "max", "mean_last"])
@pytest.mark.parametrize("encoder", ["lstm", "transformer"])
def test_no_objective_and_no_readout_waits_for_the_gpu(tiny_store, encoder, readout, objective):
    spec = small(encoder=encoder, encoder__readout=readout, objective=objective)
    _train_without_waiting(Trainer(tiny_store, spec, "cuda"))


def _train_without_waiting(trainer: Trainer) -> None:
    run_pass(trainer)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for drawn in trainer._batches(range(2)):
            trainer._backward(drawn)
            trainer._step()
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_a_gpu_embeds_as_the_cpu_does(tiny_store, encoder):
    model = Trainer(tiny_store, small(encoder=encoder, encoder__noise=0.0)).model
    rows = np.arange(60)
    expected = embed(model, tiny_store, rows, Embedding())
    found = embed(model.to("cuda"), tiny_store, rows, Embedding(), "cuda")
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_random_encoder_is_computed_where_the_trained_ones_are(tiny_store, tmp_path):
    spec, config = small(), tiny_run(tmp_path / "world").config
    untrained = RandomEncoder(id="r", name="r", training=spec)
    assert device_of(config.resources) == "cuda"
    torch.cuda.reset_peak_memory_stats()
    found = untrained.describe(tiny_store, Embedding(), device_of(config.resources))(np.arange(60))
    assert torch.cuda.max_memory_allocated() > 0
    np.testing.assert_allclose(found, untrained.describe(tiny_store, Embedding(), "cpu")(np.arange(60)), atol=1e-4)


@pytest.mark.parametrize("encoder", ["gru", "lstm"])
def test_a_gpu_goes_on_from_a_state_and_gives_those_of_every_event_as_the_cpu_does(tiny_store, encoder):
    model = Trainer(tiny_store, small(encoder=encoder)).model.eval()
    position, length = torch.arange(300), torch.tensor([100, 150, 50])
    found = []
    for where in ("cpu", "cuda"):
        reader, model = EventReader(tiny_store, where), model.to(where)
        events = reader.read(position.to(reader.position_device), length)
        with torch.backends.cudnn.flags(allow_tf32=False):
            first = model(events, per_event=True)
            later = model(events, first.state, per_event=True)
        found.append([first.states, later.states, later.sequences, *later.state])
    for expected, on_gpu in zip(*found, strict=True):
        torch.testing.assert_close(on_gpu.cpu(), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_the_loss_falls_on_a_gpu(tiny_store, encoder):
    spec = small(encoder=encoder, precision="auto")
    losses = [run_pass(trainer)["loss"] for trainer in [Trainer(tiny_store, spec, "cuda")] for _ in range(8)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("encoder", ["gru", "lstm"])
def test_a_batch_in_parts_trains_as_the_whole_on_a_gpu(tiny_store, encoder):
    spec = small(encoder=encoder, encoder__noise=0.1)
    whole, parts = (Trainer(tiny_store, spec, "cuda", micro_batches=count) for count in (1, 5))
    for _ in range(2):
        facts = [run_pass(trainer) for trainer in (whole, parts)]
        assert facts[1]["loss"] == pytest.approx(facts[0]["loss"], rel=1e-3)
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(parts.model.state_dict()[name], weight, atol=1e-3, rtol=1e-2)


def test_a_trial_that_outgrows_its_gpu_goes_on_in_parts(tiny_store, tmp_path):
    """First it dies, and is begun again as it is; then its batches are computed in parts."""
    sampler = {"name": "sample_slices", "slices": 40, "min": 100, "max": 200}
    training = {
        "batch_size": 24,
        "sampler": sampler,
        "encoder": {"name": "gru", "size": 256},
        "steps": 6,
        "probe_every": 2,
    }
    run = tiny_run(tmp_path / "world", training=training)
    spec = plan_trials(run.config)[0]
    whole = Trial(spec, run.config, tiny_store, TrialFolder(tmp_path / "whole"), "cuda")
    torch.cuda.reset_peak_memory_stats()
    expected = [whole.step() for _ in range(2)][-1]
    peak, total = torch.cuda.max_memory_reserved(), torch.cuda.mem_get_info()[1]
    del whole
    give_back_memory()
    torch.cuda.set_per_process_memory_fraction(0.6 * peak / total)
    try:
        with pytest.raises(torch.OutOfMemoryError):
            Trial(spec, run.config, tiny_store, TrialFolder(tmp_path / "small"), "cuda").step()
        give_back_memory()
        again = Trial(spec, run.config, tiny_store, TrialFolder(tmp_path / "small"), "cuda")
        told = [again.step() for _ in range(2)][-1]
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert (expected.micro_batches, told.micro_batches > 1) == (1, True)
    assert told.loss == pytest.approx(expected.loss, rel=1e-2)


@pytest.fixture(scope="module")
def long_store(tmp_path_factory):
    return write_store(tmp_path_factory.mktemp("long") / "store", np.full(512, 1200))


LARGE = {
    "encoder__size": 256, "encoder__noise": 0.1, "encoder__dropout": 0.0, "encoder__layers": 2,
    "sampler__min": 500, "sampler__max": 1000, "batch_size": 128, "min_events": 1,
}  # fmt: skip


@pytest.mark.parametrize("encoder", ["gru", "transformer"])
def test_a_batch_in_parts_takes_less_of_a_gpu_and_trains_alike(long_store, encoder):
    peaks, facts = [], []
    for parts in (1, 8):
        give_back_memory()
        torch.cuda.reset_peak_memory_stats()
        trainer = Trainer(long_store, small(encoder=encoder, **LARGE), "cuda", micro_batches=parts)
        facts.append(run_pass(trainer))
        peaks.append(torch.cuda.max_memory_allocated())
        del trainer
    assert facts[1]["loss"] == pytest.approx(facts[0]["loss"], rel=1e-2)
    assert peaks[1] < 0.4 * peaks[0], peaks
