"""Columns that a probe is fitted on, chosen among those of the training clients by what they say of the label.

N clients, F features, D contrasts.
"""

import numpy as np
from scipy import sparse

from coles_ops.features import Features

_CLIENTS_A_COLUMN = 10  # with fewer for each column a probe learns the noise of its clients
_LEAST = 64  # columns that are kept in any case
_RANKED = 5_000  # clients by whom columns are told apart, at most


def choose_columns(features: Features, contrasts: np.ndarray) -> np.ndarray:
    """Indices of the features to fit on, ascending: one for ten clients, but no fewer than 64.

    Constants go first. Of what is left those stay whose ranks differ most between the classes, by the statistic of
    Kruskal and Wallis (1952), which of two classes is in the order of their ROC-AUC; or agree most with those of a
    number, by the square of Spearman's correlation. It belongs to fitting: of other clients than those a probe is
    fitted on it must know nothing.

    Args:
        features: (N, F) of the clients that a probe is fitted on.
        contrasts: (N, D) of their labels, as their target has them.
    """
    vary = varying(features)
    most = max(_LEAST, len(contrasts) // _CLIENTS_A_COLUMN)
    if len(vary) <= most:
        return vary
    some = np.linspace(0, len(contrasts) - 1, min(len(contrasts), _RANKED)).astype(np.int64)
    against = contrasts[some]
    sums, squares = (_sparse_ranks if sparse.issparse(features) else _ranks)(features[some][:, vary], against)
    told = (sums**2 / (against**2).sum(axis=0)[:, None].clip(min=1)).sum(axis=0) / np.maximum(squares, 1)  # (V,)
    return np.sort(vary[np.argsort(-told, kind="stable")[:most]])


def varying(features: Features) -> np.ndarray:
    """Indices of the features (N, F) that are no constants, ascending."""
    if sparse.issparse(features):
        return np.flatnonzero((features.max(axis=0) - features.min(axis=0)).toarray().ravel())
    return np.flatnonzero(np.ptp(features, axis=0))


def _ranks(features: np.ndarray, against: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of ranks about their mean: sums by contrast (D, V), and sums of squares (V,)."""
    from scipy.stats import rankdata

    ranks = rankdata(features, axis=0)  # (N, V)
    ranks -= ranks.mean(axis=0)
    return against.T @ ranks, (ranks**2).sum(axis=0)


def _sparse_ranks(features: sparse.csr_matrix, against: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of features that are never below zero, without a look at the zeros, which share the lowest rank."""
    columns, mean = features.tocsc(), (len(against) + 1) / 2
    there = np.diff(columns.indptr)  # (V,)
    whose = np.repeat(np.arange(len(there)), there)  # (Z,) the column of each number that is not zero
    order = np.lexsort((columns.data, whose))
    begins = np.diff(columns.data[order], prepend=0) != 0
    begins[columns.indptr[:-1][there > 0]] = True
    tie = np.cumsum(begins) - 1  # (Z,)
    place = np.bincount(tie, np.arange(len(tie))) / np.bincount(tie)  # equal numbers share the mean of their places
    absent = len(against) - there  # (V,)
    lowest = (absent + 1) / 2 - mean  # (V,) the rank of zeros about the mean
    rank = place[tie] - columns.indptr[whose] + 1 + absent[whose] - mean
    squares = absent * lowest**2 + np.bincount(whose, rank**2, len(there))
    columns.data = np.empty(len(rank))
    columns.data[order] = rank - lowest[whose]
    return (columns.T @ against).T + against.sum(axis=0)[:, None] * lowest, squares
