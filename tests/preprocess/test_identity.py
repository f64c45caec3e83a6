import numpy as np
import pytest

from coles_ops.preprocess.identity import identities, remarks


def shares(codes: np.ndarray, lengths: np.ndarray) -> float:
    return of_visits(codes, np.arange(len(codes)), lengths)


def of_visits(codes: np.ndarray, time: np.ndarray, lengths: np.ndarray) -> float:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return identities({"column": codes}, time, offsets, np.arange(len(lengths)))["column"]


def test_a_column_that_names_clients_and_ones_that_do_not():
    rng, lengths = np.random.default_rng(0), np.random.default_rng(1).integers(1, 60, 500)
    owner, events = np.repeat(np.arange(500), lengths), int(lengths.sum())
    assert shares(owner, lengths) == 1
    assert shares(np.zeros(events, dtype=int), lengths) == 0
    assert shares(np.arange(events), lengths) == 0  # a number of the event: nothing to know a client by
    assert shares(rng.integers(0, 2000, events), lengths) < 0.02  # many codes, few events: chance alone
    regular = np.where(rng.random(events) < 0.8, owner % 40, rng.integers(0, 40, events))  # of 40 shops mostly one
    assert 0.4 < shares(regular, lengths) < 0.8


def test_what_a_basket_has_in_common_does_not_name_who_fills_it():
    rng, lengths = np.random.default_rng(0), np.full(500, 60)  # three visits of 20 events each
    visit = np.arange(30_000) // 20
    hour, shop = rng.integers(0, 24, 1500)[visit], visit // 3
    assert shares(hour, lengths) > 0.5  # if every event were a visit of its own
    assert of_visits(hour, visit, lengths) < 0.02
    assert of_visits(shop, visit, lengths) == 1
    same = np.zeros(30_000, dtype=int)  # all events of all clients at one time: of each client one visit
    assert of_visits(shop, same, lengths) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("twice", [0, 3, 10, 30, 100])
def test_where_hardly_anybody_came_twice_nothing_is_told(twice):
    lengths = np.ones(3000, dtype=int)
    lengths[:twice] = 2
    for seed in range(20):
        codes = (np.random.default_rng(seed).random(lengths.sum()) < 0.1).astype(int)
        assert shares(codes, lengths) < 0.5


def test_of_long_histories_the_last_events_are_read_and_none_of_other_clients():
    lengths = np.array([0, 300, 300, 5])
    codes = np.repeat([9, 1, 2, 9], lengths)
    codes[:100] = 3  # before the last 200
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    found = identities({"a": codes % 3, "b": codes}, np.arange(605), offsets, np.array([1, 2]))
    assert found == {"a": 1.0, "b": 1.0}
    assert list(found) == ["a", "b"]


def test_a_column_above_half_is_named_as_the_user_knows_it():
    (remark,) = remarks({"%68our": 0.625, "department": 0.1})
    assert remark.startswith(
        "hour gives clients away: who the client is takes 62% of its entropy; encoders leave it out"
    )


def test_no_events_give_nobody_away():
    found = identities({"a": np.array([1, 2])}, np.arange(2), np.array([0, 0, 2]), np.array([0]))
    assert found == {"a": pytest.approx(0)}
