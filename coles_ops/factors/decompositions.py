"""Decompositions of sparse matrices of weights, each with the projection of a client that it was not fitted on.

A projection looks at a client alone: its topics do not depend on who else is described. C clients, V codes, K topics.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from coles_ops.aggregates.bags import Bags

Project = Callable[[sparse.csr_matrix], np.ndarray]  # weights (C, V), not negative, to topics (C, K) float32

_SWEEPS = 20  # of coordinate descent, after which topics of a client change by less than a thousandth
_SMOOTHING = 0.75  # of how often a code is near others: else rare ones stand out (Levy, Goldberg and Dagan 2015)


def lsa(weights: sparse.csr_matrix, size: int, seed: int) -> Project:
    """Truncated SVD of clients of length one."""
    from sklearn.utils.extmath import randomized_svd

    _, _, axes = randomized_svd(_unit(weights, 2), min(size, *weights.shape), random_state=seed)  # (K, V)
    return lambda weights: _unit(weights, 2) @ axes.T.astype(np.float32)


def nmf(weights: sparse.csr_matrix, size: int, seed: int) -> Project:
    """Non-negative matrix factorisation of clients of length one; their shares are found by coordinate descent."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    model = NMF(min(size, *weights.shape), init="nndsvda", random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is as good
        parts = model.fit(_unit(weights, 2)).components_.astype(np.float32)  # (K, V)
    return lambda weights: nearest_shares(_unit(weights, 2), parts[parts.any(axis=1)])


def nearest_shares(weights: sparse.csr_matrix, parts: np.ndarray) -> np.ndarray:
    """(C, K) shares, none below zero, whose sums of parts (K, V) come nearest to weights (C, V): coordinate descent."""
    likeness = parts @ parts.T  # (K, K)
    target = np.ascontiguousarray((weights @ parts.T).T)  # (K, C): what is of a topic lies together
    found = np.zeros_like(target)
    for _, k in product(range(_SWEEPS), range(len(parts))):
        step = (target[k] - likeness[k] @ found) / likeness[k, k]  # (C,)
        np.maximum(found[k] + step, 0, out=found[k])
    return np.ascontiguousarray(found.T)


def ppmi(bags: Bags, rows: np.ndarray, codes: np.ndarray, size: int, window: int, seed: int) -> Project:
    """Means of vectors of codes; see ``code_vectors``."""
    vectors = code_vectors(bags, rows, codes, size, window, seed)
    return lambda weights: _unit(weights, 1) @ vectors


def code_vectors(bags: Bags, rows: np.ndarray, codes: np.ndarray, size: int, window: int, seed: int) -> np.ndarray:
    """(V, K) float32, by the SVD of how much oftener two codes stand near each other than by chance.

    Args:
        bags: histories.
        rows: clients it is fitted on.
        codes: (V,) those of the bags that have a vector.
        size: K, or fewer where there are fewer codes.
        window: events before and after one that are near it.
        seed: of the SVD.
    """
    from sklearn.utils.extmath import randomized_svd

    near = _near(bags, rows, window)[codes][:, codes].tocoo()  # (V, V)
    often = np.asarray(near.sum(axis=1), dtype=np.float64).ravel()  # (V,)
    smooth = often**_SMOOTHING / (often**_SMOOTHING).sum()
    by_chance = often[near.row] * smooth[near.col]
    near.data = np.maximum(np.log(near.data / by_chance), 0)
    left, scale, _ = randomized_svd(near.tocsr(), min(size, len(codes)), random_state=seed)  # (V, K), (K,)
    return (left * np.sqrt(scale)).astype(np.float32)


def _near(bags: Bags, rows: np.ndarray, window: int) -> sparse.csr_matrix:
    """(V', V') how often two codes, of any columns, stand within so many events of each other in a client's history."""
    n_codes = bags.first[-1]
    later = together = sparse.csr_matrix((n_codes, n_codes))
    for events, columns in bags.read(rows):
        codes, n = np.stack(columns, axis=1), len(events.owner)
        each = sparse.csr_matrix(
            (np.ones(codes.size), codes.ravel(), np.arange(n + 1) * len(columns)), (n, bags.first[-1])
        )
        together = together + each.T @ each - sparse.diags(each.sum(axis=0).A1)  # but a code beside itself
        for apart in range(1, min(window, n - 1) + 1):
            same = events.owner[apart:] == events.owner[: n - apart]
            later = later + each[: n - apart][same].T @ each[apart:][same]
    return (together + later + later.T).tocsr()


def _unit(weights: sparse.csr_matrix, order: int) -> sparse.csr_matrix:
    """Rows (C, V) whose sum (order 1), or sum of squares (2), is one; zeros as they are."""
    from sklearn.preprocessing import normalize

    return normalize(weights, f"l{order}")
