import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coles_ops.config import Split
from coles_ops.preprocess.split import assign_parts
from coles_ops.schema import DataError


def clients(n: int, groups: int | None = None) -> pd.DataFrame:
    ids = [f"c{i:04d}" for i in range(n)]
    return pd.DataFrame(
        {
            "client_id": ids,
            "n_events": 10,
            "label": [None if i % 5 == 4 else str(i % 2) for i in range(n)],
            "group_id": ids if groups is None else [f"g{i % groups:04d}" for i in range(n)],
        }
    )


@given(n=st.integers(60, 300), seed=st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_shares_hold_within_each_class_and_row_order_does_not_matter(n, seed):
    split = assign_parts(clients(n), Split(seed=seed))
    for _, found in split[split.label.notna()].groupby("label"):
        share = found.part.value_counts() / len(found)
        assert abs(share["train"] - 0.6) < 1 / len(found) + 1e-9
        assert abs(share["test"] - 0.2) < 1 / len(found) + 1e-9
    assert (split.part == "unlabelled").equals(split.label.isna())
    shuffled = assign_parts(clients(n).sample(frac=1, random_state=seed % 1000), Split(seed=seed))
    pd.testing.assert_frame_equal(split, shuffled)


def test_the_seed_decides():
    one, other = (assign_parts(clients(200), Split(seed=seed)).part for seed in (1, 2))
    assert not one.equals(other)


def test_a_group_stays_on_one_side():
    split = assign_parts(clients(300, groups=70), Split())
    assert split[split.label.notna()].groupby("group_id").part.nunique().max() == 1


def test_a_rare_class_is_an_error_with_its_counts():
    few = clients(100)
    few.loc[0, "label"] = "rare"
    with pytest.raises(DataError, match=r"class 'rare' has 1 labelled clients"):
        assign_parts(few, Split())


def test_one_class_is_an_error():
    with pytest.raises(DataError, match="1 class"):
        assign_parts(clients(100).assign(label="0"), Split())
