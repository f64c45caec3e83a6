"""Intervals of ROC-AUC and of its differences, by resampling test clients within classes.

Two entries are compared on the same resamples (paired bootstrap): two separate intervals say little, since what
makes one set of test clients hard is shared by both.
"""

import numpy as np
from scipy.stats import rankdata


def auc_resamples(truth: np.ndarray, proba: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """ROC-AUC of every resample: (R,).

    Args:
        truth: (N,) class codes.
        proba: (N, K) probabilities.
        draws: (R, N) positions, from ``resamples``.
    """
    classes = [1] if proba.shape[1] == 2 else range(proba.shape[1])
    return np.mean([_auc(truth[draws] == k, proba[draws, k]) for k in classes], axis=0)


def resamples(truth: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(count, N) positions, each class drawn with replacement from itself."""
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(truth == k) for k in np.unique(truth)]
    return np.concatenate([rng.choice(group, (count, len(group))) for group in groups], axis=1)


def interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentile interval of this coverage."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _auc(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """ROC-AUC by ranks (Mann and Whitney 1947) of each row of (R, N)."""
    rank = rankdata(score, axis=1)
    n = positive.sum(axis=1)
    return ((rank * positive).sum(axis=1) - n * (n + 1) / 2) / (n * (positive.shape[1] - n))
