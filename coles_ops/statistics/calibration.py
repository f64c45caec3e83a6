"""Whether of the clients given a probability p a share of p is positive, or given a number p the mean is p.

S seeds, R repeats, N clients, B bins.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from coles_ops.statistics.crossfit import Design


@dataclass(frozen=True)
class Calibration:
    """A bin a row, by rising probability; each holds as many predictions."""

    predicted: np.ndarray  # (B,) mean prediction
    observed: np.ndarray  # (B,) share of positives, or mean number
    low: np.ndarray  # (B,) interval of that share (Wilson 1927), or mean (Student), by groups
    high: np.ndarray
    error: float  # expected calibration error: mean distance of the two


def calibrate(
    design: Design, predictions: np.ndarray, confidence: float, bins: int = 10, shares: bool = True
) -> Calibration:
    """Calibration of out-of-fold predictions of two classes, or of a number.

    Args:
        design: of the N clients, of classes 0 and 1, or of numbers.
        predictions: (S, R, N) probabilities of class 1, or numbers.
        confidence: of the intervals.
        bins: at most; fewer where predictions are tied.
        shares: whether it is of classes.
    """
    edges = np.unique(np.quantile(predictions, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, predictions, side="right")  # (S, R, N)
    place = np.unique(place, return_inverse=True)[1].reshape(predictions.shape)  # empty bins are none
    count = place.max() + 1
    clients = np.broadcast_to(np.arange(len(design.truth)), place.shape)
    cells = np.bincount((place * len(design.truth) + clients).ravel(), minlength=count * len(design.truth))
    weights = cells.reshape(count, -1) / np.prod(place.shape[:2])  # (B, N)
    held = weights.sum(axis=1)  # (B,) clients
    effective = held**2 / np.square(_by_group(design, weights)).sum(axis=1)  # (B,) groups like the mean (Kish 1965)
    predicted = np.bincount(place.ravel(), predictions.ravel()) / np.bincount(place.ravel())
    observed = weights @ design.truth / held
    if shares:
        low, high = _wilson(observed, effective, confidence)
    else:
        apart = np.square(_by_group(design, weights * (design.truth - observed[:, None]))).sum(axis=1) / held**2
        low, high = _student(observed, apart, effective, confidence)
    return Calibration(predicted, observed, low, high, float(np.average(np.abs(observed - predicted), weights=held)))


def _by_group(design: Design, values: np.ndarray) -> np.ndarray:
    """(B, N) summed by group: (B, G)."""
    found = np.zeros((len(values), design.n_groups))
    np.add.at(found.T, design.codes, values.T)
    return found


def _student(
    mean: np.ndarray, variance: np.ndarray, count: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    freedom = np.maximum(count - 1, 1)
    reach = student.ppf((1 + confidence) / 2, freedom) * np.sqrt(variance * count / freedom)
    return mean - reach, mean + reach


def _wilson(share: np.ndarray, count: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    z = norm.ppf((1 + confidence) / 2)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return np.clip(middle - reach, 0, share), np.clip(middle + reach, share, 1)  # rounding leaves a share of 0 outside
