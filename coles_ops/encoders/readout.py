"""From a state after every event to one vector a sequence.

N events of all sequences together, S sequences, H width of a state.
"""

import torch
from torch import Tensor

from coles_ops.encoders.packing import Packing
from coles_ops.ragged import send


def pool(states: Tensor, packing: Packing, how: str) -> Tensor:
    """(S, H), longest sequence first, of packed states (N, H); (S, 2H) of ``mean_last``.

    Args:
        states: after every event.
        packing: of the events.
        how: ``last``, ``mean``, ``max``, or ``mean_last``: mean and last side by side.
    """
    if how == "mean_last":
        return torch.cat([pool(states, packing, "mean"), pool(states, packing, "last")], dim=1)
    if how == "last":
        last = packing.step_begin[packing.length - 1] + torch.arange(len(packing.length))  # (S,)
        return states[send(last, states.device)]
    sequences = states.new_zeros(len(packing.length), states.shape[1])
    owner = send(packing.segment_ids(), states.device)  # (N,)
    if how == "max":
        return sequences.scatter_reduce(0, owner[:, None].expand_as(states), states, "amax", include_self=False)
    return sequences.index_add(0, owner, states) / send(packing.length, states.device)[:, None]
