"""Events of the store as tensors, wherever they are computed.

N events of all sequences together, S sequences, E events of the store.
"""

import queue
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from coles_ops.encoders import Events, pack
from coles_ops.ragged import send
from coles_ops.store import CodedColumns

_SHARE = 0.5  # of the free memory of a GPU that events may take; the rest is for the encoder

# torch indexes signed integers only; codes of these types are read as if signed and mended after
_SIGNED = {np.dtype(np.uint16): np.int16, np.dtype(np.uint32): np.int32}

T = TypeVar("T")


class EventReader:
    """Gathers events by their positions.

    On a CPU the columns are the memory-mapped files. A GPU holds them itself where they fit into half of its free
    memory; else batches are gathered on the host, in pinned memory, and sent while the GPU is at the one before.

    Args:
        store: events.
        device: where the events are wanted.
    """

    def __init__(self, store: CodedColumns, device: str = "cpu"):
        self.device, self.schema = torch.device(device), store.schema
        self._codes = {name: _tensor(store.columns[name]) for name in self.schema.categories}
        self._amounts = [_tensor(store.columns[name]) for name in self.schema.amounts]
        size = sum(column.nbytes for column in store.columns.values())
        self.resident = self.device.type == "cpu" or size < _SHARE * torch.cuda.mem_get_info(self.device)[0]
        self.position_device = self.device if self.resident else torch.device("cpu")  # of the columns, too
        self._codes = {name: column.to(self.position_device) for name, column in self._codes.items()}
        self._amounts = [column.to(self.position_device) for column in self._amounts]

    def read(self, position: Tensor, length: Tensor) -> Events:
        """Pack events at ``position`` (N,), on ``position_device``, of sequences of ``length`` (S,), on the host."""
        packing = pack(length)
        position = position[send(packing.source(), self.position_device)]  # (N,)
        codes = {name: _gather(column, position) for name, column in self._codes.items()}
        amounts = position.new_empty((len(position), len(self._amounts)), dtype=torch.float32)  # (N, A)
        for i, column in enumerate(self._amounts):
            amounts[:, i] = column.index_select(0, position)
        if not self.resident:
            codes = {name: send(values, self.device) for name, values in codes.items()}
            amounts = send(amounts, self.device)
        return Events(codes, amounts, packing)

    def ahead(self, batches: Iterator[T]) -> Iterator[T]:
        """The same batches, the next one gathered in a thread where a GPU is at work on the one before."""
        return batches if self.resident else _ahead(batches)


@lru_cache(maxsize=1)
def open_reader(store: CodedColumns, device: str) -> EventReader:
    """The reader of a store on a device; the last one is kept, so that a GPU is sent the events once."""
    return EventReader(store, device)


def _ahead(batches: Iterator[T]) -> Iterator[T]:
    ready: queue.Queue[Any] = queue.Queue(maxsize=1)
    end = object()

    def fill() -> None:
        try:
            for batch in batches:
                ready.put(batch)
            ready.put(end)
        except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
            ready.put(error)

    threading.Thread(target=fill, daemon=True).start()
    while (batch := ready.get()) is not end:
        if isinstance(batch, BaseException):
            raise batch
        yield batch


def _tensor(column: np.ndarray) -> Tensor:
    """(E,) the file's own pages, wide codes as signed integers of the same width."""
    return torch.from_numpy(column.view(_SIGNED.get(column.dtype, column.dtype)))


def _gather(column: Tensor, position: Tensor) -> Tensor:
    """(N,) int32 codes."""
    codes = column.index_select(0, position).int()
    return codes.bitwise_and_(0xFFFF) if column.dtype == torch.int16 else codes
