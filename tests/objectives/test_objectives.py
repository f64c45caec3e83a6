import pytest
import torch
from torch.nn.functional import normalize
from trainings import run_pass, suited

from coles_ops.config import ConfigError, load_config
from coles_ops.encoders import build_encoder
from coles_ops.encoders.recurrent import Gru
from coles_ops.objectives import OBJECTIVES, Batch
from coles_ops.store import EventStore
from coles_ops.training import Trainer


def built(name: str, store: EventStore, size: int = 2):
    torch.manual_seed(0)
    return OBJECTIVES.get(name)().build(build_encoder(store.schema, Gru(size=size), 0), store.schema)


@pytest.mark.parametrize("name", [name for name in OBJECTIVES.names() if OBJECTIVES.get(name)().needs.views > 1])
def test_objectives_of_views_prefer_sub_sequences_of_a_client_together(name, tiny_store):
    owner = torch.arange(8).repeat_interleave(2)
    points = normalize(torch.randn(8, 2, generator=torch.Generator().manual_seed(1)), dim=1)
    together = points.repeat_interleave(2, 0) + 0.01 * torch.randn(16, 2, generator=torch.Generator().manual_seed(2))
    objective = built(name, tiny_store)
    good, terms = objective(Batch(together, owner))
    bad, same = objective(Batch(together.roll(1, 0), owner))
    assert terms == same > 0
    assert good < bad


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_every_objective_trains_and_what_it_tells_falls(name, tiny_store):
    trainer = Trainer(tiny_store, suited(name))
    told = [run_pass(trainer)["loss"] for _ in range(8)]
    assert told[-1] < 0.95 * told[0]


WITH_WEIGHTS = [name for name in OBJECTIVES.names() if name != "contrastive"]


@pytest.mark.parametrize("objective", WITH_WEIGHTS)
def test_weights_of_an_objective_are_trained_and_kept(objective, tiny_store):
    spec = suited(objective)
    straight, first, second = (Trainer(tiny_store, spec) for _ in range(3))
    first_weights = {name: weight.clone() for name, weight in straight.objective.state_dict().items()}
    run_pass(straight), run_pass(straight), run_pass(first)
    second.load_state_dict(first.state_dict())
    run_pass(second)
    for name, weight in straight.objective.state_dict().items():
        assert torch.equal(second.objective.state_dict()[name], weight), name
        assert not torch.equal(first_weights[name], weight), name


@pytest.mark.parametrize("objective", WITH_WEIGHTS)
def test_an_objective_with_weights_of_its_own_trains_in_parts_as_in_the_whole(objective, tiny_store):
    spec = suited(objective, encoder__noise=0.1, accumulate=2)
    whole, parts = Trainer(tiny_store, spec), Trainer(tiny_store, spec, micro_batches=5)
    facts = [run_pass(trainer) for trainer in (whole, parts)]
    assert facts[1]["loss"] == pytest.approx(facts[0]["loss"], rel=1e-4)
    for one, other in ((whole.model, parts.model), (whole.objective, parts.objective)):
        for name, weight in one.state_dict().items():
            torch.testing.assert_close(other.state_dict()[name], weight, atol=1e-3, rtol=1e-2)


def test_too_few_sub_sequences_are_said_when_the_configuration_is_read():
    with pytest.raises(ConfigError, match=r"objective contrastive needs 2 sub-sequences .* sampler no_split draws 1"):
        load_config("completejourney", {"training.sampler": "no_split"})
