"""Events of the same second are a set: their order says nothing, so none is predicted from another of them.

N events of a part, S sub-sequences, G sets that have a state before them, M events in these sets, P predictions (of an
event, from a state).
"""

import torch
from torch import Tensor

from coles_ops.encoders.packing import Packing
from coles_ops.ragged import segment_ids, send


def sets(seconds: Tensor, packing: Packing, ahead: int = 1, window: int = 1) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What is predicted, and from where, of packed events that happened at these times (N,).

    Args:
        seconds: (N,).
        packing: of the events.
        ahead: sets that are predicted from each state.
        window: sets that begin within so many events of a sequence are one.

    Returns:
        The places of the events before each set (G,); and of each prediction (P,) the place of its event, before which
        of the sets its state is, and whether the gap of the event is the time since: it is the first of that very set.
    """
    device, length = seconds.device, packing.length[packing.rank]  # (S,) in the order that sequences lie
    begin = torch.cumsum(length, 0) - length  # (S,)
    place = send(torch.argsort(packing.source()), device)  # (N,) of the events laid end to end
    inner = torch.ones(len(place), dtype=torch.bool).index_fill_(0, begin, False)  # (N,) not the first of a sequence
    opens = seconds[place].diff(prepend=seconds.new_zeros(1)).ne(0) & send(inner, device)  # (N,) a set after another
    owner = segment_ids(length, device)  # (N,)
    if window > 1:
        opens = _merged(opens, send(inner, device), send(begin, device)[owner], window)
    number = torch.cumsum(opens, 0)  # (N,) sets opened so far, by all sequences
    before = number[send(begin, device)][owner]  # (N,) by the sequences before, as none opens one
    event = (number > before).nonzero()[:, 0]  # (M,)
    back = torch.arange(ahead, device=device)
    source = number[event][:, None] - 1 - back  # (M, ahead)
    real = source >= before[event][:, None]
    next_gap = opens[event][:, None] & (back == 0)
    return place[opens.nonzero()[:, 0] - 1], place[event][:, None].expand_as(real)[real], source[real], next_gap[real]


def _merged(opens: Tensor, inner: Tensor, begin: Tensor, window: int) -> Tensor:
    """(N,) which of the sets that begin at some of the events end to end are the first of their window."""
    nth = torch.arange(len(opens), device=opens.device) - begin  # (N,) of its sequence
    first = torch.where(opens | ~inner, nth + begin, 0).cummax(0).values - begin  # (N,) event of each one's set
    return opens & ((first // window).diff(prepend=first.new_zeros(1)) != 0)
