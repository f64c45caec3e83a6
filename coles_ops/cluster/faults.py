"""Whose fault it is that a trial died: its own, which ends it, or the machine's, after which it goes on.

A model that cannot be built is a result. A lost process, a full disk or too little memory is none: published as one, it
would change the winner for ever.
"""

import torch
from ray.exceptions import RayError

from coles_ops.embedding.memory import out_of_memory

_DEVICE = ("CUDA error", "CUDNN_STATUS", "CUBLAS_STATUS")  # after which a process can use its GPU no more


class LostError(BaseException):
    """Ray itself has died; no Exception, so that Tune does not wait for a Ray that is gone to clean up."""


def is_own(error: BaseException) -> bool:
    """Whether a trial would die of this error anywhere."""
    if isinstance(error, OSError | RayError | torch.AcceleratorError) or out_of_memory(error):
        return False
    return not (isinstance(error, RuntimeError) and any(sign in str(error) for sign in _DEVICE))
