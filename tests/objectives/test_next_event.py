import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from trainings import run_pass, small

from coles_ops.config import ConfigError, load_config
from coles_ops.encoders import Events, build_encoder, pack
from coles_ops.encoders.recurrent import Gru
from coles_ops.objectives import AfterEvents, Batch
from coles_ops.objectives.next_event import NextEvent
from coles_ops.objectives.sets import sets
from coles_ops.schema import CLIENT, LABEL, PART, Part
from coles_ops.store import StoreSchema, write_store
from coles_ops.training import Trainer

SCHEMA = StoreSchema(categories={"mcc": 9, "hour": 26}, amounts=("amount", "gap"))


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=9).map(sorted), min_size=1, max_size=5), st.integers(1, 3)
)
@settings(deadline=None)
def test_all_of_a_second_are_predicted_from_the_last_event_before_it_and_before_those_ahead_of_it(sequences, ahead):
    packing = pack(torch.tensor([len(times) for times in sequences]))
    source = packing.source()
    seconds = torch.tensor([t for times in sequences for t in times])[source]
    before, target, owner, next_gap = sets(seconds, packing, ahead)
    name = source.tolist()  # of a packed event, its place among all events laid end to end
    found = {(name[before[o]], name[t]) for t, o in zip(target.tolist(), owner.tolist(), strict=True)}
    assert len(found) == len(target)
    gaps = {
        (name[before[o]], name[t]) for t, o in zip(target[next_gap].tolist(), owner[next_gap].tolist(), strict=True)
    }
    expected, expected_gaps, first = set(), set(), 0
    for times in sequences:
        ends = {time: first + j for j, time in enumerate(times)}  # of each second the last event
        for i, time in enumerate(times):
            earlier = [ends[other] for other in sorted(ends) if other < time]
            expected |= {(end, first + i) for end in earlier[-ahead:]}
            expected_gaps |= {(earlier[-1], first + i)} if earlier and times.index(time) == i else set()
        first += len(times)
    assert found == expected
    assert gaps == expected_gaps


def batch(lengths: list[int], seconds: list[int], width: int = 3) -> Batch:
    packing, rng = pack(torch.tensor(lengths)), np.random.default_rng(0)
    source = packing.source()
    codes = {n: torch.from_numpy(rng.integers(1, size, len(source)))[source] for n, size in SCHEMA.categories.items()}
    amounts = torch.from_numpy(rng.normal(size=(len(source), 2)).astype(np.float32))[source]
    states = torch.from_numpy(rng.normal(size=(len(source), width)).astype(np.float32))[source]
    after = AfterEvents(states.requires_grad_(), Events(codes, amounts, packing), torch.tensor(seconds)[source])
    return Batch(torch.zeros(len(lengths), width), torch.arange(len(lengths)), per_event=(after,))


def test_the_loss_of_two_baskets_and_an_event_by_hand():
    # Of one client: an event at 1, two at 5, one at 7; of another a basket of two and nothing after it.
    given_, objective = (
        batch([4, 2], [1, 5, 5, 7, 3, 3]),
        NextEvent(codes=5).build(build_encoder(SCHEMA, Gru(size=3), 0), SCHEMA),
    )
    (after,) = given_.per_event
    packed = torch.argsort(after.events.packing.source())
    out = objective.head.linear(after.states[packed])  # of the events as they lie
    expected = 0.0
    for before, target, first in [(0, 1, True), (0, 2, False), (2, 3, True)]:
        mcc, hour, reals = out[before].split([5, 5, 2])
        place = packed[target]
        for logits, name in ((mcc, "mcc"), (hour, "hour")):
            expected -= F.log_softmax(logits, 0)[min(int(after.events.codes[name][place]), 4)]
        error = (reals - after.events.amounts[place]).square() / 2
        expected = expected + (error.sum() if first else error[0])
    loss, count = objective(given_)
    assert count == 3
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert after.states.grad[packed].any(dim=1).tolist() == [True, False, True, False, False, False]


def test_it_learns_an_order_that_counts_do_not_show(tmp_path):
    ids, events = [f"c{i:02d}" for i in range(40)], np.arange(40 * 50)
    schema = StoreSchema(categories={"mcc": 10}, amounts=("amount",))
    columns = {"mcc": 1 + events % 8, "amount": np.zeros(len(events))}
    people = pd.DataFrame({CLIENT: ids, PART: str(Part.PRETRAIN), LABEL: -1})
    store = write_store(tmp_path / "store", schema, 1_000_000 * events, 50 * np.arange(41), columns, people)
    trainer = Trainer(store, small(objective="next_event", optimiser__learning_rate=0.03))
    told = [run_pass(trainer)["loss"] for _ in range(10)]
    assert told[0] > 0.9 * np.log(8) > 9 * told[-1]


def test_an_encoder_that_sees_later_events_is_refused():
    change = {"training.objective": "next_event", "training.encoder.name": "transformer"}
    with pytest.raises(ConfigError, match=r"next_event needs states .* set encoder\.causal of the transformer to true"):
        load_config("synthetic", change)
    assert load_config("synthetic", {**change, "training.encoder.causal": True})
