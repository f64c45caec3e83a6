"""What an encoder is before its training.

V known codes of a category, F width of its embedding.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from coles_ops.config import Training
from coles_ops.encoders import SequenceEncoder, build_encoder
from coles_ops.schema import FITS, Part
from coles_ops.store import EventStore

_CLIENTS = 5_000  # whose events tell how near codes are, at most
_EVENTS = 1_000  # of each of them, the last ones
_WINDOW = 5  # events before and after one that are near it


def initial_encoder(store: EventStore, spec: Training, fits: Sequence[Part] = FITS) -> SequenceEncoder:
    """The encoder that a training begins with; it follows from the seed and the events of those who train.

    Args:
        store: events.
        spec: of the training.
        fits: whose events it may know, by part.
    """
    options = spec.built_encoder(store.schema)
    model = build_encoder(store.schema, options, spec.seed)
    if options.initial == "ppmi":
        there = store.rows(*fits, min_events=spec.min_events)
        rows = np.sort(np.random.default_rng(spec.seed).choice(there, min(_CLIENTS, len(there)), replace=False))
        for name, table in zip(model.trx_encoder.categories, model.trx_encoder.embeddings.values(), strict=True):
            assert isinstance(table, nn.Embedding)
            _start(table, _vectors(store, name, rows, table.embedding_dim, spec.seed))
    return model


def _vectors(store: EventStore, category: str, rows: np.ndarray, size: int, seed: int) -> np.ndarray:
    """(V, F or fewer) of the known codes, alike where codes stand near the same others."""
    from coles_ops.aggregates.bags import Bags
    from coles_ops.factors.decompositions import code_vectors

    known = np.arange(store.schema.categories[category] - 2)  # but padding and values unseen in training
    return code_vectors(Bags.of(store, (category,), _EVENTS), rows, known, size, _WINDOW, seed)


def _start(table: nn.Embedding, vectors: np.ndarray) -> None:
    """Vectors in place of random ones, of the same mean square; a code that is near none keeps its own."""
    length = np.linalg.norm(vectors, axis=1)  # (V,)
    near = np.flatnonzero(length > 1e-6 * length.max(initial=0))
    scaled = torch.from_numpy(vectors[near] / length[near, None]) * table.embedding_dim**0.5
    with torch.no_grad():
        table.weight[1 + near] = 0  # where there are fewer dimensions than the embedding has
        table.weight[1 + near, : vectors.shape[1]] = scaled
