"""Events of the store as tensors."""

import numpy as np
import torch

from coles_ops.encoders import Events
from coles_ops.store import EventStore


def gather(store: EventStore, position: np.ndarray, length: np.ndarray, device: str = "cpu") -> Events:
    """Read the events at these positions of the store (N,), sequences of ``length`` (S,) end to end."""
    columns = store.columns
    codes = {name: torch.from_numpy(columns[name][position].astype(np.int64)) for name in store.schema.categories}
    amounts = np.empty((len(position), len(store.schema.amounts)), dtype=np.float32)
    for i, name in enumerate(store.schema.amounts):
        amounts[:, i] = columns[name][position]
    return Events(
        {name: values.to(device, non_blocking=True) for name, values in codes.items()},
        torch.from_numpy(amounts).to(device, non_blocking=True),
        torch.from_numpy(length),
    )
