import torch
from hypothesis import given
from hypothesis import strategies as st

from coles_ops.encoders import pack
from coles_ops.encoders.min_gru import compose


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5))
def test_all_at_once_is_event_after_event(lengths):
    packing, draw = pack(torch.tensor(lengths)), torch.Generator().manual_seed(0)
    factor, term = torch.rand(2, sum(lengths), 3, generator=draw, dtype=torch.float64)
    source, first = packing.source(), torch.rand(3, generator=draw, dtype=torch.float64)
    a, b = compose(factor[source], term[source], packing)
    found = (a * first + b)[torch.argsort(source)]
    for sequence, (f, t) in zip(
        found.split(lengths), zip(factor.split(lengths), term.split(lengths), strict=True), strict=True
    ):
        state = first
        for event in range(len(f)):
            state = f[event] * state + t[event]
            torch.testing.assert_close(sequence[event], state)
