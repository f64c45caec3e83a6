"""Events are in the order of client, microsecond and sequence; the order of what is equal then says nothing."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coles_ops.coding.order import gaps, sort_events

small = st.integers(0, 3)
times = st.sampled_from([0, 1, 999_999, 1_000_000, 1_000_001, 2_000_000])
TEXTS = {"row": pa.array(list("wxyz")), "a": pa.array(list("klmn"))}


def columns(rows: list[tuple], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    kinds = {"sequence": np.float64, "paid": np.float32}
    return {name: np.array(c, kinds.get(name)) for name, c in zip(names, zip(*rows, strict=True), strict=True)}


@given(st.lists(st.tuples(small, times, small, small, small), min_size=1, max_size=60), st.randoms())
@settings(max_examples=100, deadline=None)
def test_whatever_the_order_events_come_in_they_leave_in_one(rows, random):
    names = ("row", "time", "sequence", "a", "paid")
    found = sort_events(columns(rows, names), TEXTS)
    again = sort_events(columns(random.sample(rows, len(rows)), names), TEXTS)
    assert all(np.array_equal(found[name], again[name]) for name in names)
    out = list(zip(*(found[name].tolist() for name in names), strict=True))
    assert sorted(out) == sorted(rows)
    assert [event[:3] for event in out] == sorted(event[:3] for event in rows)
    seconds = [(b[1] - a[1]) / 1e6 if a[0] == b[0] else 0 for a, b in zip([out[0], *out], out, strict=False)]
    assert np.allclose(gaps(found["time"], found["row"]), np.log1p(seconds))


@pytest.fixture
def baskets() -> dict[str, np.ndarray]:
    """2,000 baskets of 5 items at one time each, of 40 clients."""
    rng = np.random.default_rng(0)
    row, time = np.repeat(np.arange(2_000) % 40, 5), np.repeat(np.arange(2_000) * 7_000_001, 5)
    paid = rng.lognormal(size=10_000).astype(np.float32)
    return {"row": row, "time": time, "a": rng.integers(0, 4, 10_000), "paid": paid}


def texts(clients: int) -> dict[str, pa.Array]:
    return {"row": pa.array([f"c{i:03d}" for i in range(clients)]), "a": pa.array(list("klmn"))}


def test_the_last_item_of_a_basket_is_as_likely_one_as_another(baskets):
    found = sort_events(baskets, texts(40))
    paid, item = found["paid"].reshape(-1, 5), found["a"].reshape(-1, 5)
    place = np.bincount(paid.argmax(axis=1), minlength=5) / 2_000  # of the dearest
    assert np.abs(place - 0.2).max() < 0.04  # four standard errors
    share = np.bincount(item[:, -1], minlength=4) / np.bincount(item.ravel(), minlength=4)
    assert np.abs(share - 0.2).max() < 0.05


def test_other_clients_and_values_do_not_change_the_order_of_a_clients_events(baskets):
    some = baskets["row"] % 2 == 1
    few = {name: column[some] for name, column in baskets.items()}
    few["row"], few["a"] = few["row"] // 2, few["a"] + 1  # positions among others, of the same texts
    known = {"row": texts(40)["row"].take(np.arange(1, 40, 2)), "a": pa.array(list("jklmn"))}
    one, other = sort_events(baskets, texts(40)), sort_events(few, known)
    assert np.array_equal(one["paid"][one["row"] % 2 == 1], other["paid"])


def test_a_sequence_orders_equal_times_and_nothing_else(baskets):
    order = np.tile([3.0, 1.5, -2.0, 10.0, 0.0], 2_000)
    found = sort_events({**baskets, "sequence": order}, texts(40))
    assert np.array_equal(found["sequence"].reshape(-1, 5), np.tile(np.sort(order[:5]), (2_000, 1)))
    assert np.array_equal(found["time"], sort_events(baskets, texts(40))["time"])
