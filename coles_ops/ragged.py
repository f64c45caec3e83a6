"""Index arithmetic over groups of unlike size that lie end to end.

G groups, N elements of all groups together. Sizes are on the host, where shapes are known, so that nothing waits for a
GPU; what has N elements is computed on the device.
"""

import torch
from torch import Tensor


def ranges(first: Tensor, length: Tensor, device: torch.device) -> Tensor:
    """(N,) ``first`` .. ``first + length - 1`` for each group (G,), one after the other."""
    total, before = int(length.sum()), torch.cumsum(length, 0) - length
    offset = torch.repeat_interleave(send(first - before, device), send(length, device), output_size=total)
    return offset.add_(torch.arange(total, device=device))


def segment_ids(length: Tensor, device: torch.device) -> Tensor:
    """(N,) 0 for the elements of the first group, 1 for the second, .. of groups of these lengths (G,)."""
    return torch.repeat_interleave(send(length, device), output_size=int(length.sum()))


def send(values: Tensor, device: torch.device) -> Tensor:
    """A host tensor on the device, without waiting for it."""
    return values if device.type == "cpu" else values.pin_memory().to(device, non_blocking=True)
