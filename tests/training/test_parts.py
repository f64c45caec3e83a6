"""A batch in parts, and what happens where the memory is too small for the whole of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tables import tiny_run
from trainings import run_pass, small

from coles_ops.artefacts.trial import TrialFolder
from coles_ops.training import Trainer
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial


@pytest.mark.parametrize("micro_batches", [2, 5, 100])
@pytest.mark.parametrize("encoder", ["gru", "lstm"])
def test_a_batch_in_parts_trains_as_the_whole(tiny_store, encoder, micro_batches):
    spec = small(encoder=encoder, encoder__noise=0.1, accumulate=2)
    whole, parts = Trainer(tiny_store, spec), Trainer(tiny_store, spec, micro_batches=micro_batches)
    for _ in range(2):
        facts = [run_pass(trainer) for trainer in (whole, parts)]
        assert facts[1]["loss"] == pytest.approx(facts[0]["loss"], rel=1e-4)
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(parts.model.state_dict()[name], weight, atol=1e-4, rtol=1e-3)


def test_a_transformer_in_parts_learns(tiny_store):
    trainer = Trainer(tiny_store, small(encoder="transformer"), micro_batches=4)
    losses = [run_pass(trainer)["loss"] for _ in range(8)]
    assert losses[-1] < 0.9 * losses[0]


_TRIAL = """
import resource, sys
from pathlib import Path
import torch
from coles_ops.artefacts.trial import TrialFolder
from coles_ops.run import Run
from coles_ops.store import EventStore
from coles_ops.embedding.memory import out_of_memory
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial
torch.set_num_threads(1)
run, store, room = Run(Path(sys.argv[1])), EventStore(Path(sys.argv[2])), int(sys.argv[4])
trial = Trial(plan_trials(run.config)[0], run.config, store, TrialFolder(Path(sys.argv[3])), "cpu")
trial._probe()
torch.ones(1, requires_grad=True).sum().backward()  # starts the threads of a torch that has CUDA
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
try:
    while len(trial.history) < 2:
        trial.step()
except Exception as error:
    raise SystemExit(75 if out_of_memory(error) else repr(error))
print(trial.history[-1].model_dump_json())
"""


def test_too_little_memory_means_smaller_parts_of_the_same_batch(tiny_store, tmp_path):
    sampler = {"name": "sample_slices", "slices": 12, "min": 80, "max": 100}
    training = {"steps": 2, "probe_every": 1, "batch_size": 24, "sampler": sampler, "encoder": "gru"}
    run = tiny_run(tmp_path / "world", training=training)
    whole = Trial(plan_trials(run.config)[0], run.config, tiny_store, TrialFolder(tmp_path / "whole"), "cpu")
    expected = [whole.step() for _ in range(2)][-1].model_dump()
    command = [sys.executable, "-c", _TRIAL, run.path, tiny_store.path, tmp_path / "small", str(12 << 20)]
    ends = []
    while not ends or (ends[-1].returncode == 75 and len(ends) < 6):  # each time in another process, as in a search
        ends.append(subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]))
    done = ends[-1]
    assert (ends[0].returncode, done.returncode) == (75, 0), done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert (expected["micro_batches"], told["micro_batches"] > 1) == (1, True)
    assert told["loss"] == pytest.approx(expected["loss"], rel=1e-3)
    assert told["probe_score"] == pytest.approx(expected["probe_score"], abs=0.05)
    running = TrialFolder(tmp_path / "small").running()
    assert 2 ** (running.shortages - 1) == told["micro_batches"]
