"""Whether of the clients given a probability p a share of p is positive.

S seeds, R repeats, N clients, B bins.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from coles_ops.statistics.crossfit import Design


@dataclass(frozen=True)
class Calibration:
    """A bin a row, by rising probability; each holds as many predictions."""

    predicted: np.ndarray  # (B,) mean probability
    observed: np.ndarray  # (B,) share of positives
    low: np.ndarray  # (B,) interval of that share (Wilson 1927), by groups
    high: np.ndarray
    error: float  # expected calibration error: mean distance of the two


def calibrate(design: Design, probabilities: np.ndarray, confidence: float, bins: int = 10) -> Calibration:
    """Calibration of out-of-fold predictions of two classes.

    Args:
        design: of the N clients, of classes 0 and 1.
        probabilities: (S, R, N) of class 1.
        confidence: of the intervals.
        bins: at most; fewer where probabilities are tied.
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, probabilities, side="right")  # (S, R, N)
    place = np.unique(place, return_inverse=True)[1].reshape(probabilities.shape)  # empty bins are none
    count = place.max() + 1
    clients = np.broadcast_to(np.arange(len(design.truth)), place.shape)
    cells = np.bincount((place * len(design.truth) + clients).ravel(), minlength=count * len(design.truth))
    weights = cells.reshape(count, -1) / np.prod(place.shape[:2])  # (B, N)
    held = weights.sum(axis=1)  # (B,) clients
    groups = np.zeros((count, design.n_groups))
    np.add.at(groups.T, design.codes, weights.T)
    effective = held**2 / np.square(groups).sum(axis=1)  # (B,) groups as large as the mean (Kish 1965)
    predicted = np.bincount(place.ravel(), probabilities.ravel()) / np.bincount(place.ravel())
    observed = weights @ design.truth / held
    low, high = _wilson(observed, effective, confidence)
    return Calibration(predicted, observed, low, high, float(np.average(np.abs(observed - predicted), weights=held)))


def _wilson(share: np.ndarray, count: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    z = norm.ppf((1 + confidence) / 2)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return np.clip(middle - reach, 0, share), np.clip(middle + reach, share, 1)  # rounding leaves a share of 0 outside
