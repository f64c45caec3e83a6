import pytest
import torch
from trainings import small

from coles_ops.config import ConfigError, load_config
from coles_ops.objectives import AfterEvents, Batch
from coles_ops.training import Trainer

PARTS = [{"objective": {"name": "contrastive", "margin": 0.4}, "weight": 2}, {"objective": "next_event", "weight": 0.5}]


def test_it_is_the_weighted_sum_of_means(tiny_store):
    trainer = Trainer(tiny_store, small(objective={"name": "weighted_sum", "parts": PARTS}))
    (drawn,) = trainer._batches(range(1))
    embeddings, states = trainer._encode(drawn.parts[0])
    batch = Batch(embeddings, drawn.clients, None, (AfterEvents(states, *drawn.happened[0]),))
    loss, count = trainer.objective(batch)
    pulled, sub_sequences = trainer.objective.parts[0](batch)
    predicted, events = trainer.objective.parts[1](batch)
    assert count == sub_sequences != events
    torch.testing.assert_close(loss / count, 2 * pulled / sub_sequences + 0.5 * predicted / events)


def test_a_part_without_terms_costs_nothing(tiny_store):
    objective = Trainer(tiny_store, small(objective={"name": "weighted_sum", "parts": PARTS})).objective
    batch = Batch(torch.nn.functional.normalize(torch.randn(6, 16), dim=1), torch.tensor([0, 0, 1, 1, 2, 2]))
    loss, count = objective(batch)
    alone, terms = objective.parts[0](batch)
    assert count == terms == 6
    torch.testing.assert_close(loss, 2 * alone)


def test_it_needs_what_its_parts_need():
    change = {"training.objective": {"name": "weighted_sum", "parts": PARTS}}
    with pytest.raises(ConfigError, match="needs 2 sub-sequences"):
        load_config("synthetic", {**change, "training.sampler": "no_split"})
    with pytest.raises(ConfigError, match=r"set encoder\.causal"):
        load_config("synthetic", {**change, "training.encoder.name": "transformer"})
    nested = {"name": "weighted_sum", "parts": [{"objective": change["training.objective"]}]}
    with pytest.raises(ConfigError, match="list its parts"):
        load_config("synthetic", {"training.objective": nested})
    both = {"name": "weighted_sum", "parts": [{"objective": "next_event"}, {"objective": "masked_event"}]}
    with pytest.raises(ConfigError, match="another from those after, too: no state is both"):
        load_config("synthetic", {"training.objective": both})
