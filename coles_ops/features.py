"""Features of clients, dense or sparse: what a representation gives and a probe reads.

Sparse ones are counts, of which few are not zero; they are kept by rows (CSR) and are never below zero. It is scipy's
matrix and not its newer array, since CatBoost and LightGBM take no other. N clients, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy import sparse

Features: TypeAlias = np.ndarray | sparse.csr_matrix  # (N, F) float32


def stack(blocks: Sequence[Features]) -> Features:
    """Features of clients, one block below the other."""
    return sparse.vstack(blocks, format="csr") if sparse.issparse(blocks[0]) else np.concatenate(blocks)


def finite(features: Features) -> bool:
    """Whether each is a number."""
    return bool(np.isfinite(features.data if sparse.issparse(features) else features).all())
