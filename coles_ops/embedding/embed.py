"""Embeddings of whole histories, in bounded memory.

R clients, D width of an embedding.
"""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from coles_ops.config import Embedding, Resources
from coles_ops.embedding.memory import give_back_memory, out_of_memory
from coles_ops.embedding.reader import open_reader
from coles_ops.encoders import SequenceEncoder
from coles_ops.ragged import ranges, send
from coles_ops.store import CodedColumns

log = logging.getLogger("coles.embed")

Pieces = tuple[Tensor, Tensor, Tensor]  # owner, first position and length of each


@torch.inference_mode()
def embed(
    model: SequenceEncoder, store: CodedColumns, rows: np.ndarray, embedding: Embedding, device: str = "cpu"
) -> np.ndarray:
    """Embed the histories of clients, those of like length together.

    A client longer than ``max_events`` (or than the encoder takes) is embedded by its last events, or by the mean
    over windows of that size, as ``long_histories`` says. A client without events gets zeros. Where the memory is too
    small, half as much is computed at once, and so on down to one history.

    Args:
        model: the encoder; left in evaluation mode.
        store: events.
        rows: (R,) positions of the clients in the store.
        embedding: how long histories are treated, and how much is computed at once.
        device: where the model is.

    Returns:
        (R, D) float32, in the order of ``rows``.
    """
    model.eval()
    pieces = _pieces(store, rows, _longest(model, embedding), embedding.long_histories)
    limit = embedding.batch_events * model.memory_factor
    while True:
        try:
            return _embed(model, store, len(rows), pieces, limit, device)
        except Exception as error:
            if not out_of_memory(error) or limit < int(pieces[2].max()):
                raise
        limit //= 2
        give_back_memory()
        log.warning("out of memory: histories are embedded %d events at a time", limit)


def _embed(
    model: SequenceEncoder, store: CodedColumns, clients: int, pieces: Pieces, limit: int, device: str
) -> np.ndarray:
    reader = open_reader(store, device)
    owner, start, length = pieces
    total = torch.zeros(clients, model.embedding_size, device=device)  # (R, D)
    with torch.backends.cudnn.flags(allow_tf32=False):  # else a GPU differs from the CPU in the third digit
        for batch in _batches(length, limit):
            events = reader.read(ranges(start[batch], length[batch], reader.position_device), length[batch])
            total.index_add_(0, send(owner[batch], total.device), model(events).sequences.float())
    count = torch.bincount(owner, minlength=clients).clamp(min=1)  # (R,)
    return (total.cpu() / count[:, None]).numpy()


def device_of(resources: Resources) -> str:
    """Where encoders are computed in this process: Ray shows a worker the GPU it was given, or none."""
    return "cuda" if resources.gpu != 0 and torch.cuda.is_available() else "cpu"


def count_truncated(model: SequenceEncoder, store: CodedColumns, embedding: Embedding) -> int:
    """Clients of whom some events are not read: longer ones, under ``long_histories: last``."""
    windows = embedding.long_histories == "windows"
    return 0 if windows else int(np.count_nonzero(store.lengths > _longest(model, embedding)))


def _longest(model: SequenceEncoder, embedding: Embedding) -> int:
    """Most events read at once: the setting's, or what the encoder takes if that is less."""
    return min(embedding.max_events, model.max_events or embedding.max_events)


def _pieces(store: CodedColumns, rows: np.ndarray, most: int, long_histories: str) -> Pieces:
    """(owner among ``rows``, first position, length) of each stretch of events that is embedded by itself."""
    begin, length = torch.from_numpy(store.offsets[rows]), torch.from_numpy(store.lengths[rows])  # (R,), (R,)
    if long_histories == "last":
        kept = length.clamp(max=most)
        owner = kept.nonzero()[:, 0]
        return owner, (begin + length - kept)[owner], kept[owner]
    windows = -(-length // most)
    owner = torch.repeat_interleave(windows)
    step = ranges(torch.zeros_like(windows), windows, owner.device) * most
    return owner, begin[owner] + step, (length[owner] - step).clamp(max=most)


def _batches(length: Tensor, limit: int) -> Iterator[Tensor]:
    """Indices of stretches of like length whose padded events stay under ``limit``; at least one a batch."""
    order = torch.argsort(length, descending=True, stable=True)  # longest first: what does not fit shows at once
    begin = 0
    while begin < len(order):
        stop = begin + max(1, limit // int(length[order[begin]]))
        yield order[begin:stop]
        begin = stop
