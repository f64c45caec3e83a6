"""Two rows of predictions as one, without a fit: what one adds to the other.

Where a metric asks for the order of predictions alone, ranks are averaged: how sure of itself a model is does not
decide which of two is heard. Probabilities of more than two classes are averaged as they are: ranks by class
have no sum of one, and brought to it they are in another order. So are predictions of numbers.

n clients of one model's predictions, K columns.
"""

import numpy as np
from scipy.stats import rankdata

from coles_ops.statistics.metrics import Metric


def combined(metric: Metric, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean of both, with the same weight: (..., n, K).

    Args:
        metric: by which they are scored.
        one: (..., n, K) by one model each, else ranks would say which of them a client was predicted by.
        other: the same of the same clients; leading axes broadcast.

    Returns:
        Numbers or probabilities; or of two classes the mean share of clients ranked below, with a sum of 1.
    """
    if not metric.ranked or one.shape[-1] > 2:
        return (one + other) / 2
    if one.shape[-1] == 2:  # the rank of one class is the reverse of the other's
        positive = (_shares(one[..., 1:]) + _shares(other[..., 1:])) / 2
        return np.concatenate([1 - positive, positive], axis=-1)
    return (_shares(one) + _shares(other)) / 2


def _shares(predictions: np.ndarray) -> np.ndarray:
    """(..., n, K) share of the n clients ranked below, half of those with the same prediction among them."""
    return (rankdata(predictions, axis=-2) - 0.5) / predictions.shape[-2]
