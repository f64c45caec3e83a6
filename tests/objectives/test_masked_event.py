import pytest
import torch
from torch.nn import functional as F
from trainings import suited

from coles_ops.config import ConfigError, load_config
from coles_ops.encoders import ENCODERS
from coles_ops.objectives import AfterEvents, Batch
from coles_ops.training import Trainer


def test_of_a_hidden_event_the_encoder_is_shown_that_it_is_there_alone(tiny_store):
    trainer = Trainer(tiny_store, suited("masked_event", objective__share=0.3), micro_batches=2)
    (drawn,) = trainer._batches(range(1))
    whole, hidden = (torch.cat(values) for values in zip(*((e.amounts, h) for e, _, h in drawn.happened), strict=True))
    assert 0.2 < hidden.float().mean() < 0.4
    assert whole[hidden].any(dim=1).all()
    for shown, (events, _, some) in zip(drawn.parts, drawn.happened, strict=True):
        for name, codes in shown.codes.items():
            assert not codes[some].any()
            assert torch.equal(codes[~some], events.codes[name][~some])
        assert not shown.amounts[some].any()
        assert torch.equal(shown.amounts[~some], events.amounts[~some])


def test_the_loss_is_of_the_hidden_events_by_hand(tiny_store):
    trainer = Trainer(tiny_store, suited("masked_event", objective__amounts=2.0))
    (drawn,) = trainer._batches(range(1))
    _, states = trainer._encode(drawn.parts[0])
    events, seconds, hidden = drawn.happened[0]
    loss, count = trainer.objective(
        Batch(torch.zeros(1), drawn.clients, per_event=(AfterEvents(states, events, seconds, hidden),))
    )
    out, expected = trainer.objective.head.linear(states)[hidden].split([12, 26, 2], dim=1), 0.0
    for logits, name in zip(out, events.codes, strict=False):
        expected = expected + F.cross_entropy(logits, events.codes[name][hidden].long(), reduction="sum")
    torch.testing.assert_close(loss, expected + (out[2] - events.amounts[hidden]).square().sum())
    assert count == int(hidden.sum())


@pytest.mark.parametrize("encoder", ENCODERS.names())
def test_an_encoder_that_sees_no_later_events_is_refused(encoder):
    change = {"training.objective": "masked_event", "training.encoder.name": encoder}
    if not ENCODERS.get(encoder)().is_causal:
        assert load_config("synthetic", change)
        change["training.encoder.causal"] = True
    with pytest.raises(
        ConfigError, match=rf"masked_event needs .* this {encoder} know earlier ones alone: take the tr"
    ):
        load_config("synthetic", change)
