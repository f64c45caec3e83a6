import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from coles_ops.samplers import SAMPLERS, Draws, Histories, Sampler, Slices


def histories(lengths: list[int]) -> Histories:
    length = np.array(lengths, dtype=np.int64)
    start = np.cumsum(length) - length
    time = 3_600_000_000 * np.arange(length.sum(), dtype=np.int64)
    return Histories(*map(torch.from_numpy, (start, length, time)))


def made(name: str, **options) -> Sampler:
    """A sampler with those of the options that it has."""
    model = SAMPLERS.get(name)
    return model(**{key: value for key, value in options.items() if key in model.model_fields})


def pieces(slices: Slices) -> list[np.ndarray]:
    return np.split(slices.position.numpy(), np.cumsum(slices.length.numpy())[:-1])


@pytest.mark.parametrize("name", SAMPLERS.names())
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    shortest=st.integers(1, 20),
    extra=st.integers(0, 20),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_every_slice_is_ordered_not_empty_and_of_one_client(name, lengths, shortest, extra, seed):
    sampler = made(name, min=shortest, max=shortest + extra, slices=3)
    batch = histories(lengths)
    drawn = sampler.sample(batch, Draws(seed))
    assert len(drawn.client) == len(drawn.length)
    assert drawn.length.sum() == len(drawn.position)
    assert (drawn.length > 0).all()
    for client, piece in zip(drawn.client, pieces(drawn), strict=True):
        assert (np.diff(piece) > 0).all()
        assert piece[0] >= batch.start[client]
        assert piece[-1] < batch.start[client] + batch.length[client]
        if name != "no_split":
            assert len(piece) <= sampler.longest
    again = sampler.sample(batch, Draws(seed))
    assert np.array_equal(drawn.position, again.position)


def test_split_random_gives_every_event_to_one_subset():
    drawn = made("split_random", slices=4).sample(histories([40, 7]), Draws(0))
    assert np.array_equal(np.sort(drawn.position), np.arange(47))


def test_a_short_client_gives_its_whole_history():
    drawn = made("sample_slices", min=5, max=9, slices=3).sample(histories([5]), Draws(0))
    assert [list(piece) for piece in pieces(drawn)] == [[0, 1, 2, 3, 4]] * 3


@pytest.mark.parametrize("length", [1, 2, 7, 40, 300])
def test_early_slices_end_before_late_ones_begin(length):
    drawn = made("early_late", min=10, max=25, slices=4).sample(histories([length] * 50), Draws(0))
    begin = [[] for _ in range(50)]
    for client, piece in zip(drawn.client.tolist(), pieces(drawn), strict=True):
        begin[client].append(piece - client * length)
        assert len(piece) >= min(10, max(length // 2, 1))
    for early, late, again, last in begin if length > 1 else []:
        assert max(early[-1], again[-1]) < min(late[0], last[0])
    if length == 1:
        assert {len(found) for found in begin} == {2}  # its one part, twice
    if length == 300:
        cuts = [found[1][0] for found in begin]
        assert min(cuts) < 100
        assert max(cuts) > 200


def test_a_slice_is_thinned_and_never_empty():
    plain, thin = (made("sample_slices", min=9, max=40, dropout=d, slices=3) for d in (0.0, 0.3))
    whole, some = (sampler.sample(histories([1, 300] * 200), Draws(0)) for sampler in (plain, thin))
    for before, after in zip(pieces(whole), pieces(some), strict=True):
        assert set(after) <= set(before)
        assert len(after) > 0
    assert some.length[3:6].sum() / whole.length[3:6].sum() < 1
    assert some.length.sum() / whole.length.sum() == pytest.approx(0.7, abs=0.02)
    assert thin.widest().dropout == 0


def test_a_time_window_holds_what_falls_into_it():
    drawn = made("time_window", days=0.5, max=100, slices=50).sample(histories([30]), Draws(0))
    for piece in pieces(drawn):
        assert len(piece) == min(12, 30 - piece[0])  # an event an hour, half a day


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("sample_slices", "SampleSlices"), ("split_random", "SplitRandom"), ("sample_random", "SampleRandom")],
)
@pytest.mark.parametrize("length", [8, 30, 300])
def test_lengths_and_starts_are_distributed_as_in_ptls(name, theirs, length):
    from ptls.frames.coles import split_strategy

    np.random.seed(7)
    stock = split_strategy.create(theirs, split_count=5, cnt_min=10, cnt_max=40)
    expected = [p for _ in range(300) for p in stock.split(np.arange(length)) if len(p)]
    drawn = made(name, min=10, max=40, slices=5).sample(histories([length] * 300), Draws(7))
    first = np.array([piece[0] for piece in pieces(drawn)]) - drawn.client.numpy() * length
    assert ks_2samp(drawn.length, [len(p) for p in expected]).pvalue > 1e-3
    assert ks_2samp(first, [p[0] for p in expected]).pvalue > 1e-3
