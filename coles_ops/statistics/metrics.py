"""Metrics by what each client contributes to them.

A metric is the mean of T terms, and a term the mean, over the clients of any of its samples, of their components. A
mean loss has one sample, all clients, and a component is a client's loss. ROC-AUC has two: the component of a client is
the share of the other class it is on the right side of (Mann and Whitney 1947; the placements of DeLong, DeLong and
Clarke-Pearson 1988). A metric that is no such mean, as R2, fits by its influence function: a component is then the
score plus n times the influence of the client.

n clients, K columns of predictions, T terms.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata


class UndefinedError(ValueError):
    """These clients give no score, or no interval: the message says why."""


@dataclass(frozen=True)
class Components:
    """What each client contributes to each term."""

    values: np.ndarray  # (..., n, T)
    samples: np.ndarray  # (n, T) code of the sample a client is in


@dataclass(frozen=True)
class Metric:
    """A score and how it is read."""

    title: str
    key: str  # as a column
    components: Callable[[np.ndarray, np.ndarray], Components]  # truth (n,), predictions (..., n, K)
    higher: bool = True  # whether more is better
    ranked: bool = False  # whether the order of a model's predictions is all that counts
    by_fold: bool = True  # whether it is of one model's predictions; else of all of a repeat together
    bounded: bool = False  # whether it lies between 0 and 1
    chance: float | None = None  # what predictions that know nothing score, where that is a known number
    at_most: bool = False  # whether they may score less


def placements(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Share of the other class that each client is on the right side of, a tie half: (..., n).

    Args:
        positive: (n,) bool.
        scores: (..., n).

    Raises:
        UndefinedError: one of the classes is not there.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        raise UndefinedError(f"ROC-AUC of {positives} clients of a class and {negatives} others is not defined")
    found = rankdata(scores, axis=-1)  # (..., n) among all
    found[..., positive] -= rankdata(scores[..., positive], axis=-1)  # others below: among all less among one's own
    found[..., ~positive] -= rankdata(scores[..., ~positive], axis=-1)
    found[..., positive] /= negatives
    found[..., ~positive] = 1 - found[..., ~positive] / positives
    return found


def _roc_auc(truth: np.ndarray, predictions: np.ndarray) -> Components:
    classes = range(predictions.shape[-1]) if predictions.shape[-1] > 2 else [1]
    values = [placements(truth == k, predictions[..., k if len(classes) > 1 else -1]) for k in classes]
    return Components(np.stack(values, axis=-1), np.stack([truth == k for k in classes], axis=-1).astype(int))


def _r2(truth: np.ndarray, predictions: np.ndarray) -> Components:
    """One less the mean of squared errors by that of squared distances from the mean; to first order linear."""
    own = np.square(truth - truth.mean())  # (n,)
    variance = own.mean()
    if not variance > 0:
        raise UndefinedError(f"R2 of {len(truth)} clients with one label is not defined")
    errors = np.square(predictions[..., 0] - truth)  # (..., n)
    left = errors.mean(axis=-1, keepdims=True) / variance
    values = 1 - left - (errors - left * own) / variance
    return Components(values[..., None], np.zeros((len(truth), 1), int))


def _mean(loss: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray, np.ndarray], Components]:
    def components(truth: np.ndarray, predictions: np.ndarray) -> Components:
        return Components(loss(predictions - truth[:, None]), np.zeros((len(truth), 1), int))

    return components


ROC_AUC = Metric(
    "ROC-AUC", "roc_auc", _roc_auc, ranked=True, bounded=True, chance=0.5
)  # of class 1; of more than two classes, each against the rest
R2 = Metric("R2", "r2", _r2, by_fold=False, chance=0.0, at_most=True)
MAE = Metric("mean absolute error", "mae", _mean(np.abs), higher=False)
MSE = Metric("mean squared error", "mse", _mean(np.square), higher=False)
