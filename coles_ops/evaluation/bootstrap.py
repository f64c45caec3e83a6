"""Intervals of ROC-AUC and of its differences, by resampling test clients within classes.

Two entries are compared on the same resamples (paired bootstrap): two separate intervals say little, since what
makes one set of test clients hard is shared by both.
"""

import numpy as np

_CHUNK = 1 << 20  # draws counted at a time


def auc_resamples(truth: np.ndarray, proba: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """ROC-AUC of every resample: (R,).

    Args:
        truth: (N,) class codes.
        proba: (N, K) probabilities.
        draws: (R, N) positions, from ``resamples``.
    """
    classes = [1] if proba.shape[1] == 2 else range(proba.shape[1])
    return np.mean([_auc(truth == k, proba[:, k], draws) for k in classes], axis=0)


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


def _auc(positive: np.ndarray, score: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(R,) ROC-AUC by the Mann-Whitney statistic (1947) of positives (N,) by score (N,), of each resample (R, N).

    Scores are ordered once: a resample is then how often each was drawn.
    """
    values, place = np.unique(score, return_inverse=True)  # (U,), (N,)
    cell, cells = place + len(values) * positive, 2 * len(values)  # negatives, then positives
    found = []
    for chunk in np.array_split(draws, -(-draws.size // _CHUNK)):
        flat = cell[chunk] + cells * np.arange(len(chunk))[:, None]
        counts = np.bincount(flat.ravel(), minlength=len(chunk) * cells).reshape(len(chunk), 2, -1)
        negative, positives = counts[:, 0], counts[:, 1]  # (R, U)
        below = negative.cumsum(axis=1) - negative / 2  # a tie is half a win
        found.append((positives * below).sum(axis=1) / (positives.sum(axis=1) * negative.sum(axis=1)))
    return np.concatenate(found)
