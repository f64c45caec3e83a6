"""What only a GPU can show; the same code runs on the CPU in the other tests."""

import numpy as np
import pytest
import torch

from coles_ops.config import Embedding, Training
from coles_ops.samplers import SAMPLERS
from coles_ops.training import Trainer, embed

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU: training on one is not run")

SMALL = {"embedding_size": 16, "batch_size": 8, "slice_min": 5, "slice_max": 20, "layers": 1, "noise": 0.0}


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS.names() if name != "no_split"])
@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_no_step_waits_for_the_gpu(tiny_store, encoder, sampler):
    trainer = Trainer(tiny_store, Training(encoder=encoder, sampler=sampler, **SMALL), "cuda")
    trainer.run_epoch()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for parts, clients in trainer._batches(seed=1):
            trainer._backward(parts, clients)
            trainer._step()
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_a_gpu_embeds_as_the_cpu_does(tiny_store, encoder):
    model = Trainer(tiny_store, Training(encoder=encoder, **SMALL)).model
    rows = np.arange(60)
    expected = embed(model, tiny_store, rows, Embedding())
    found = embed(model.to("cuda"), tiny_store, rows, Embedding(), "cuda")
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("encoder", ["gru", "lstm", "transformer"])
def test_the_loss_falls_on_a_gpu(tiny_store, encoder):
    spec = Training(encoder=encoder, learning_rate=0.01, precision="auto", **SMALL)
    losses = [trainer.run_epoch()["loss"] for trainer in [Trainer(tiny_store, spec, "cuda")] for _ in range(8)]
    assert losses[-1] < 0.9 * losses[0]
