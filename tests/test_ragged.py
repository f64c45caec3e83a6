import torch
from hypothesis import given
from hypothesis import strategies as st

from coles_ops.ragged import ranges, segment_ids

CPU = torch.device("cpu")


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 9)), max_size=12))
def test_ranges_and_owners_are_the_plain_loops(groups):
    first = torch.tensor([f for f, _ in groups], dtype=torch.int64)
    length = torch.tensor([n for _, n in groups], dtype=torch.int64)
    assert ranges(first, length, CPU).tolist() == [f + i for f, n in groups for i in range(n)]
    assert segment_ids(length, CPU).tolist() == [g for g, (_, n) in enumerate(groups) for _ in range(n)]
