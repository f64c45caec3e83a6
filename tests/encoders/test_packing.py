import torch
from hypothesis import given
from hypothesis import strategies as st

from coles_ops.encoders import pack


@given(st.lists(st.integers(1, 20), min_size=1, max_size=10))
def test_events_are_packed_as_torch_packs_them(lengths):
    pieces = [torch.arange(n) + 100 * i for i, n in enumerate(lengths)]
    theirs = torch.nn.utils.rnn.pack_sequence(pieces, enforce_sorted=False)
    packing = pack(torch.tensor(lengths))
    assert torch.equal(packing.count, theirs.batch_sizes)
    assert sorted(packing.length.tolist(), reverse=True) == packing.length.tolist()
    assert torch.equal(torch.tensor(lengths)[packing.order], packing.length)
    assert packing.order[packing.rank].tolist() == list(range(len(lengths)))
    # Sequences of equal length may stand in another order; event by event each is whole.
    mine = torch.cat(pieces)[packing.source()]
    step = torch.repeat_interleave(packing.count)
    for place, sequence in enumerate(packing.order.tolist()):
        own = mine[packing.step_begin[: lengths[sequence]] + place]
        assert torch.equal(own, pieces[sequence])
    assert (mine % 100 == step).all()
