"""Embeddings of whole histories, in bounded memory."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from coles_ops.config import Embedding
from coles_ops.encoders import SequenceEncoder
from coles_ops.samplers.base import within
from coles_ops.schema import CLIENT
from coles_ops.store import EventStore
from coles_ops.training.batches import gather

log = logging.getLogger("coles.embed")


@torch.inference_mode()
def embed(
    model: SequenceEncoder, store: EventStore, rows: np.ndarray, embedding: Embedding, device: str = "cpu"
) -> np.ndarray:
    """Embed the histories of clients.

    A client longer than ``max_events`` (or than the encoder takes) is embedded by its last events, or by the mean
    over windows of that size, as ``long_histories`` says. A client without events gets zeros.

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
    longest = min(embedding.max_events, model.max_events or embedding.max_events)
    owner, start, length = _pieces(store, rows, longest, embedding.long_histories)
    result = np.zeros((len(rows), model.embedding_size), dtype=np.float32)
    for batch in _batches(length, embedding.batch_events):
        position = np.repeat(start[batch], length[batch]) + within(length[batch])
        vectors = model(gather(store, position, length[batch], device)).float().cpu().numpy()  # (S, D)
        np.add.at(result, owner[batch], vectors)
    pieces = np.bincount(owner, minlength=len(rows))
    return result / np.maximum(pieces, 1, dtype=np.float32)[:, None]


def count_truncated(store: EventStore, rows: np.ndarray, longest: int) -> int:
    """Clients of whom not all events are read under ``long_histories: last``."""
    return int(np.count_nonzero(store.lengths[rows] > longest))


def write_embeddings(path: Path, ids: np.ndarray, vectors: np.ndarray) -> None:
    """Parquet with client_id and the columns e_0000 .. of (R, D) vectors, a row group per 65,536 clients."""
    columns = {f"e_{i:04d}": vectors[:, i] for i in range(vectors.shape[1])}
    pq.write_table(pa.table({CLIENT: ids, **columns}), path, compression="zstd", row_group_size=1 << 16)


def _pieces(
    store: EventStore, rows: np.ndarray, longest: int, long_histories: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(owner among ``rows``, first position, length) of each stretch of events that is embedded by itself."""
    begin, length = store.offsets[rows], store.lengths[rows]
    if long_histories == "last":
        kept = np.minimum(length, longest)
        filled = np.flatnonzero(kept)
        if truncated := count_truncated(store, rows, longest):
            log.debug("%d of %d clients are read by their last %d events", truncated, len(rows), longest)
        return filled, (begin + length - kept)[filled], kept[filled]
    windows = -(-length // longest)
    owner = np.repeat(np.arange(len(rows)), windows)
    step = within(windows) * longest
    return owner, begin[owner] + step, np.minimum(longest, length[owner] - step)


def _batches(length: np.ndarray, limit: int) -> Iterator[np.ndarray]:
    """Indices of stretches of like length whose padded events stay under ``limit``; at least one a batch."""
    order = np.argsort(length, kind="stable")[::-1]  # longest first: what does not fit shows at once
    begin = 0
    while begin < len(order):
        stop = begin + max(1, limit // max(1, int(length[order[begin]])))
        yield order[begin:stop]
        begin = stop
