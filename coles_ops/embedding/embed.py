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

    Of a client longer than ``max_events`` (or than the encoder takes) the last events are read, or windows of at most
    that size, as ``long_histories`` says. What is read of a client, and is longer than the encoder's ``window``, is
    embedded as the mean over windows of like length. A client without events gets zeros. Where the memory is too
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
    pieces = _pieces(store, rows, _most_read(model, embedding), _most_at_once(model, embedding))
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
    most = _most_read(model, embedding)
    return 0 if most is None else int(np.count_nonzero(store.lengths > most))


def _most_read(model: SequenceEncoder, embedding: Embedding) -> int | None:
    """Most events of a client that are read, the last ones; None for all."""
    if embedding.long_histories == "windows":
        return None
    return embedding.max_events if model.window else _most_at_once(model, embedding)


def _most_at_once(model: SequenceEncoder, embedding: Embedding) -> int:
    """Most events that are read at once: as many as the settings allow, and the encoder takes."""
    return min(limit for limit in (embedding.max_events, model.max_events, model.window) if limit)


def _pieces(store: CodedColumns, rows: np.ndarray, most: int | None, at_once: int) -> Pieces:
    """(owner among ``rows``, first position, length) of each stretch of events that is embedded by itself."""
    end, length = torch.from_numpy(store.offsets[rows + 1]), torch.from_numpy(store.lengths[rows])  # (R,), (R,)
    length = length if most is None else length.clamp(max=most)
    windows = -(-length // at_once)  # (R,)
    owner = torch.repeat_interleave(windows)
    nth = ranges(torch.zeros_like(windows), windows, owner.device)
    begin, stop = (length[owner] * edge // windows[owner] for edge in (nth, nth + 1))  # of like length
    return owner, (end - length)[owner] + begin, stop - begin


def _batches(length: Tensor, limit: int) -> Iterator[Tensor]:
    """Indices of stretches of like length whose padded events stay under ``limit``; at least one a batch."""
    order = torch.argsort(length, descending=True, stable=True)  # longest first: what does not fit shows at once
    begin = 0
    while begin < len(order):
        stop = begin + max(1, limit // int(length[order[begin]]))
        yield order[begin:stop]
        begin = stop
