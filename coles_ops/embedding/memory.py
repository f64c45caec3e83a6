"""Too little memory: how it is told, and what is given back."""

import ctypes
import errno
import gc

import torch

_SIGNS = (  # torch's, CUDA's, C++'s and the system's own words; the last where no thread can be started
    "out of memory",
    "allocate memory",
    "ALLOC_FAILED",
    "bad_alloc",
    "Resource temporarily unavailable",
)


def out_of_memory(error: BaseException) -> bool:
    """Whether the memory of the processor or of a GPU was too small for what was asked."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def give_back_memory() -> None:
    """Hand what is not used any more back to the system: garbage, the C library's free lists, torch's cache."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
