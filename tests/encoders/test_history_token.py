import pytest
import torch
from test_encoders import SCHEMA, events, pieces

from coles_ops.config import ConfigError, load_config
from coles_ops.encoders import Events, build_encoder
from coles_ops.encoders.history_token import HistoryToken, visible


def built(**more):
    """In training, with tokens in every batch."""
    options = HistoryToken(size=16, dropout=0.0, noise=0.0, often=1.0, **more)
    return build_encoder(SCHEMA, options, 0).train()


def test_what_is_seen_by_hand():
    found = visible(6, torch.tensor([1, 3]))  # tokens A after event 1 and B after event 3
    seen = {
        "0": "0", "1": "01", "2": "2A", "3": "23A", "4": "4B", "5": "45B",
        "A": "01A", "B": "0123B",
    }  # fmt: skip
    names = "012345AB"
    assert {
        row: "".join(n for n, yes in zip(names, line, strict=True) if yes)
        for row, line in zip(names, found, strict=True)
    } == seen
    assert torch.equal(visible(5, torch.zeros(0, dtype=torch.int64)), torch.ones(5, 5, dtype=torch.bool).tril())


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary"])
def test_the_last_token_sees_all_events_whether_or_not_there_are_others(positions):
    model, batch = built(layers=2, positions=positions), events([1, 7, 40, 3])
    model.seq_encoder.enc.layers = model.seq_encoder.enc.layers[:1]  # by the second, events know the tokens
    if model.seq_encoder.pe is not None:
        model.seq_encoder.pe.eval()  # from the first place on
    trained = model(batch, per_event=True)
    used = model.eval()(batch, per_event=True)
    torch.testing.assert_close(trained.sequences, used.sequences, atol=1e-5, rtol=1e-5)
    for with_tokens, without in zip(pieces(trained, batch), pieces(used, batch), strict=True):
        half = len(without) // 2
        torch.testing.assert_close(with_tokens[:half], without[:half], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(trained.states, used.states, atol=1e-3)


def test_after_a_token_the_past_is_known_through_it_alone():
    model, batch = built(layers=2, tokens=0.02, positions="rotary"), events([40])
    torch.manual_seed(3)
    after = int(model._after(torch.tensor([40])))
    assert 20 <= after < 39

    def known(layers: int) -> list[int]:
        """The events that the state after the first one behind the token follows from."""
        amounts = batch.amounts.detach().requires_grad_()
        model.seq_encoder.enc.layers = model.seq_encoder.enc.layers[:layers]
        torch.manual_seed(3)
        states = model(Events(batch.codes, amounts, batch.packing), per_event=True).states
        (found,) = torch.autograd.grad(states[after + 1, 0], amounts)
        return found.any(dim=1).nonzero()[:, 0].tolist()

    assert known(2) == list(range(after + 2))
    assert known(1) == [after + 1]  # the token is what it was before it saw anything


def test_a_single_layer_is_refused():
    change = {"training.encoder": {"name": "history_token", "layers": 1}}
    with pytest.raises(ConfigError, match=r"encoder\.layers: .*greater than or equal to 2"):
        load_config("synthetic", change)
