"""A component with an option of its own touches its own file and nothing else: here that file is this one."""

from typing import TYPE_CHECKING, Literal

import pytest
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from trainings import run_pass, small

from coles_ops.artefacts.trial import trial_id
from coles_ops.config import Config, ConfigError, load_config
from coles_ops.embedding import load_encoder, save_encoder
from coles_ops.encoders import ENCODERS, Encoded, Encoder, Packing, SequenceEncoder, State
from coles_ops.encoders.readout import pool
from coles_ops.objectives import OBJECTIVES, Batch, Needs, Objective
from coles_ops.training import Trainer
from coles_ops.tuning.gpu import memory_key, memory_keys
from coles_ops.tuning.space import plan_trials

if TYPE_CHECKING:
    from coles_ops.store import StoreSchema


class Deep(Encoder):
    """The mean over events of what some layers make of each."""

    name: Literal["deep"] = Field("deep", description="Layers event by event.")
    depth: int = Field(1, ge=1, description="Layers.")

    def build(self, schema: "StoreSchema") -> SequenceEncoder:
        return _Deep(schema, self)


class _Deep(SequenceEncoder):
    def __init__(self, schema: "StoreSchema", options: Deep):
        super().__init__(schema, options, projection=options.size)
        self.layers = nn.Sequential(*(nn.Linear(options.size, options.size) for _ in range(options.depth)))

    def body(self, features: Tensor, packing: Packing, state: State, per_event: bool) -> Encoded:
        states = self.layers(features)  # (N, D)
        return Encoded(pool(states, packing, "mean"), (), states)


class Labelled(Objective):
    """The class of a client from each of its events; and every event's amounts from the state before it."""

    name: Literal["labelled"] = Field("labelled", description="Class and next amounts.")
    smoothing: float = Field(0.0, ge=0, lt=1, description="Of the labels.")

    @property
    def needs(self) -> Needs:
        return Needs(labels=True, per_event=True)

    def build(self, encoder: SequenceEncoder, schema: "StoreSchema", /) -> nn.Module:
        return _Labelled(self, encoder.embedding_size, len(schema.target.names), len(schema.amounts))


class _Labelled(nn.Module):
    def __init__(self, options: Labelled, size: int, classes: int, amounts: int):
        super().__init__()
        self.options, self.classes, self.amounts = options, nn.Linear(size, classes), nn.Linear(size, amounts)

    def forward(self, batch: Batch) -> tuple[Tensor, int]:
        known = batch.labels >= 0
        logits, labels = self.classes(batch.embeddings)[known], batch.labels[known]
        total = F.cross_entropy(logits, labels, reduction="sum", label_smoothing=self.options.smoothing)
        count = int(known.sum())
        for after in batch.per_event:
            states, events = after.states, after.events
            begin = events.packing.step_begin
            place = events.packing.segment_ids()
            step = torch.repeat_interleave(events.packing.count)
            later = (step > 0).nonzero()[:, 0]
            before = begin[step[later] - 1] + place[later]
            total = total + F.mse_loss(self.amounts(states[before]), events.amounts[later], reduction="sum")
            count += len(later)
        return total, count


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Two components more, for one test."""
    for registry, component in ((ENCODERS, Deep), (OBJECTIVES, Labelled)):
        registry.names()
        monkeypatch.setattr(registry, "_items", dict(registry._items))
        registry.register(component.model_fields["name"].default)(component)


SPACE = {
    "encoder": ["gru", "deep", {"name": "deep", "category_size": 4}],
    "encoder.depth": [1, 3],
    "objective": ["contrastive", {"name": "labelled", "smoothing": 0.1}],
    "encoder.size": [8, 16],
}


def test_options_nobody_had_before_are_swept(tmp_path):
    config = load_config("completejourney", {"search.space": SPACE, "training.encoder.noise": 0.0})
    trials = plan_trials(config)
    assert len(trials) == (1 + 2 * 2) * 2 * 2  # a GRU has no depth
    assert {t.encoder.noise for t in trials} == {0.0}
    assert {(t.encoder.depth, t.encoder.category_size) for t in trials if t.encoder.name == "deep"} == {
        (1, 16), (3, 16), (1, 4), (3, 4),
    }  # fmt: skip
    assert {t.objective.smoothing for t in trials if t.objective.name == "labelled"} == {0.1}
    assert len({trial_id(t) for t in trials}) == len({memory_key(config, t) for t in trials}) == len(trials)
    assert set(memory_keys(config)) == {memory_key(config, t) for t in trials}
    assert Config.model_validate_json(config.model_dump_json()) == config
    assert trial_id(trials[-1]).startswith("deep-sample_slices-16-")


def test_a_mistake_in_them_is_said_when_the_configuration_is_read():
    with pytest.raises(ConfigError, match=r"search\.space\.encoder\.depth: .*greater than or equal to 1 .got 0"):
        load_config("completejourney", {"search.space": SPACE | {"encoder.depth": [0]}})
    with pytest.raises(ConfigError, match=r"encoder\.depth: gru has no option 'depth'"):
        load_config("completejourney", {"search.space": {"encoder.depth": [1]}})


def test_they_train_whole_and_in_parts_and_survive_their_file(tiny_store, tmp_path):
    spec = small(encoder="deep", encoder__depth=2, encoder__noise=0.0, objective="labelled", objective__smoothing=0.1)
    whole, parts = Trainer(tiny_store, spec), Trainer(tiny_store, spec, micro_batches=4)
    told = [[run_pass(trainer)["loss"] for _ in range(4)] for trainer in (whole, parts)]
    assert told[0][-1] < 0.95 * told[0][0]
    assert told[1] == pytest.approx(told[0], rel=1e-3)
    save_encoder(tmp_path / "encoder.pt", whole.model, tiny_store.schema)
    again = load_encoder(tmp_path / "encoder.pt").state_dict()
    assert all(torch.equal(again[name], weight) for name, weight in whole.model.state_dict().items())
