"""Embeddings of codes that training begins with."""

import numpy as np
import pytest
import torch
from trainings import run_pass, small

from coles_ops.embedding.initial import initial_encoder
from coles_ops.encoders import build_encoder
from coles_ops.schema import FITS, Part


@pytest.fixture
def two_worlds(tiny_store):
    """Codes 1, 2 in histories of one kind and 3, 4 in those of the other, in memory alone; the others in none."""
    rng = np.random.default_rng(0)
    for client, (start, end) in enumerate(zip(tiny_store.offsets, tiny_store.offsets[1:], strict=False)):
        tiny_store.columns["mcc"][start:end] = 1 + 2 * (client % 2) + rng.integers(0, 2, end - start)
    return tiny_store


def test_codes_that_stand_near_each_other_begin_alike(two_worlds):
    spec = small(encoder__initial="ppmi")
    table = initial_encoder(two_worlds, spec).trx_encoder.embeddings["mcc"].weight.detach()
    cosine = torch.nn.functional.normalize(table[1:5], dim=1) @ torch.nn.functional.normalize(table[1:5], dim=1).T
    expected = torch.tensor([[1.0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    torch.testing.assert_close(cosine, expected, atol=0.15, rtol=0)
    torch.testing.assert_close(table[1:5].square().mean(dim=1), torch.ones(4))
    random = build_encoder(two_worlds.schema, spec.built_encoder(two_worlds.schema), spec.seed)
    drawn = random.trx_encoder.embeddings["mcc"].weight.detach()
    assert torch.equal(table[5:], drawn[5:])  # near none, or unseen in training: the last of them is zero
    assert not table[[0, -1]].any()


def test_it_follows_from_the_seed_and_from_the_events_of_those_who_train(two_worlds):
    spec = small(encoder__initial="ppmi")

    def initial(**more):
        return initial_encoder(two_worlds, spec.model_copy(update=more)).state_dict()

    before = initial()
    scored = two_worlds.rows(*(set(Part) - set(FITS)))
    for row in scored:
        two_worlds.columns["mcc"][two_worlds.offsets[row] : two_worlds.offsets[row + 1]] = 7
    assert all(torch.equal(before[name], weight) for name, weight in initial().items())
    assert any(not torch.equal(before[name], weight) for name, weight in initial(seed=1).items())
    everybody = initial_encoder(two_worlds, spec, tuple(Part)).state_dict()
    assert not torch.equal(everybody["trx_encoder.embeddings.mcc.weight"], before["trx_encoder.embeddings.mcc.weight"])


def test_a_training_begins_with_it_and_goes_on_exactly(tiny_store):
    from coles_ops.training import Trainer

    spec = small(encoder__initial="ppmi")
    straight, first, second = (Trainer(tiny_store, spec) for _ in range(3))
    for name, weight in initial_encoder(tiny_store, spec).state_dict().items():
        assert torch.equal(straight.model.state_dict()[name], weight), name
    run_pass(straight), run_pass(straight), run_pass(first)
    second.load_state_dict(first.state_dict())
    run_pass(second)
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[name], weight), name
