"""From a state after every event to one vector a sequence.

N events of all sequences together, S sequences, H width of a state.
"""

import torch
from torch import Tensor

from coles_ops.encoders.packing import Packing
from coles_ops.ragged import send


def pool(states: Tensor, packing: Packing, how: str, window: int) -> Tensor:
    """(S, H), longest sequence first, of packed states (N, H).

    Args:
        states: after every event.
        packing: of the events.
        how: ``last``, ``mean``, ``max``, or ``mean_windows``: the mean of the states after every ``window`` events
            and after the last.
        window: events.
    """
    last = packing.step_begin[packing.length - 1] + torch.arange(len(packing.length))  # (S,)
    if how == "last":
        return states[send(last, states.device)]
    owner, count = packing.segment_ids(), packing.length  # (N,), (S,)
    if how == "mean_windows":
        step = torch.repeat_interleave(packing.count)  # (N,)
        kept = ((step + 1) % window == 0) | (step == packing.length[owner] - 1)
        states, owner, count = states[send(kept.nonzero()[:, 0], states.device)], owner[kept], -(-count // window)
    empty, index = states.new_zeros(len(count), states.shape[1]), send(owner, states.device)
    if how == "max":
        return empty.scatter_reduce(0, index[:, None].expand_as(states), states, "amax", include_self=False)
    return empty.index_add(0, index, states) / send(count, states.device)[:, None]
