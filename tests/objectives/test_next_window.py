import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_next_event import SCHEMA, batch
from torch.nn import functional as F

from coles_ops.encoders import build_encoder, pack
from coles_ops.encoders.recurrent import Gru
from coles_ops.objectives.next_window import NextWindow
from coles_ops.objectives.sets import sets

TIMES = st.lists(st.integers(0, 5), min_size=1, max_size=15).map(sorted)


@given(st.lists(TIMES, min_size=1, max_size=5), st.integers(1, 5))
@settings(deadline=None)
def test_events_of_a_window_are_predicted_from_the_last_before_it_and_seconds_are_not_cut(sequences, window):
    packing = pack(torch.tensor([len(times) for times in sequences]))
    source = packing.source()
    seconds = torch.tensor([t for times in sequences for t in times])[source]
    before, target, owner, _ = sets(seconds, packing, window=window)
    name = source.tolist()  # of a packed event, its place among all events laid end to end
    found = [(name[before[o]], name[t]) for t, o in zip(target.tolist(), owner.tolist(), strict=True)]
    expected, begin = set(), 0
    for times in sequences:
        which = [times.index(time) // window for time in times]  # the window of each event: that of its second's first
        expected |= {(begin + which.index(which[i]) - 1, begin + i) for i in range(len(times)) if which.index(which[i])}
        begin += len(times)
    assert len(set(found)) == len(found)
    assert set(found) == expected


def test_the_loss_of_two_windows_by_hand():
    # Six events in windows of two, of which the second begins within a second: it takes the fourth and fifth, too.
    given_ = batch([6], [1, 2, 3, 3, 3, 9])
    objective = NextWindow(codes=5, window=2, amounts=0).build(build_encoder(SCHEMA, Gru(size=3), 0), SCHEMA)
    (after,) = given_.per_event
    out, expected = objective.head.linear(after.states), 0.0
    for before, bag in [(1, [2, 3, 4]), (4, [5])]:
        for logits, column in zip(out[before].split([5, 5, 2])[:2], ("mcc", "hour"), strict=True):
            share = F.one_hot(after.events.codes[column][bag].clamp(max=4), 5).float().mean(0)
            expected = expected + len(bag) * F.cross_entropy(logits, share)
    loss, count = objective(given_)
    assert count == 4
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert after.states.grad.any(dim=1).tolist() == [False, True, False, False, True, False]


def test_a_sequence_that_is_no_longer_than_a_window_predicts_nothing():
    objective = NextWindow(window=9).build(build_encoder(SCHEMA, Gru(size=3), 0), SCHEMA)
    loss, count = objective(batch([6, 1], [1, 2, 3, 3, 3, 9, 1]))
    assert (loss.item(), count) == (pytest.approx(0), 0)
