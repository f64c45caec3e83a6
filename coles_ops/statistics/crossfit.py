"""Scores of out-of-fold predictions, and what each client contributes to them.

The score is the mean over folds and repeats (LeDell, Petersen and van der Laan 2015): only predictions of one model are
ranked among each other. That of numbers is of a whole repeat, since all models predict on one scale. A client's
influence is how far the score moved because it was drawn: summed over clients it is the score's distance from its
expectation, to first order.

S seeds, R repeats, N clients, T terms of the metric. Leading axes (...) are as many made-up data sets at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from coles_ops.statistics.metrics import Components, Metric, UndefinedError


@dataclass(frozen=True, eq=False)
class Design:
    """Who was scored, and where: the same of all that are compared."""

    truth: np.ndarray  # (N,) class codes or numbers
    folds: np.ndarray  # (R, N) number of the fold whose model predicted a client
    groups: np.ndarray  # (N,) clients with the same are not independent

    @classmethod
    def holdout(cls, truth: np.ndarray, groups: np.ndarray | None = None) -> Design:
        """One fold, by default of independent clients."""
        return cls(truth, np.zeros((1, len(truth)), int), np.arange(len(truth)) if groups is None else groups)

    @cached_property
    def codes(self) -> np.ndarray:
        """(N,) groups as 0 .. G-1."""
        return np.unique(self.groups, return_inverse=True)[1]

    @property
    def n_groups(self) -> int:
        """G."""
        return int(self.codes.max()) + 1

    @property
    def n_folds(self) -> int:
        """Of a repeat."""
        return len(np.unique(self.folds[0]))


@dataclass(frozen=True, eq=False)
class Scored:
    """A score, or a difference of two, with its parts by client."""

    design: Design
    metric: Metric
    terms: np.ndarray  # (..., S, R, T) means over folds
    influence: np.ndarray  # (..., S, R, N)
    pooled: np.ndarray  # (..., S, R, N) the same among all clients of a repeat: between repeats only models differ
    samples: np.ndarray  # (N, T) code of the sample a client is in
    chance: float | None  # of who knows nothing; 0 of a difference
    bounded: bool  # whether it lies between 0 and 1
    choices: int  # of how many candidates it is the one chosen within each fold; 1: nothing is chosen

    @property
    def values(self) -> np.ndarray:
        """(..., S, R) the score by seed and repeat."""
        return self.terms.mean(axis=-1)

    @cached_property
    def sizes(self) -> np.ndarray:
        """(T, C) groups with a client in a sample."""
        samples, codes = self.samples, self.design.codes
        return np.array([[len(np.unique(codes[term == c])) for c in range(samples.max() + 1)] for term in samples.T])


def score(metric: Metric, design: Design, predictions: np.ndarray, choices: int = 1) -> Scored:
    """Score out-of-fold predictions.

    Args:
        metric: one of ``coles_ops.statistics.metrics``, or of its kind.
        design: of the N clients.
        predictions: (..., S, R, N, K): probabilities of K classes, or K = 1 numbers.
        choices: candidates of which the training clients of each fold have chosen the one that predicts.

    Raises:
        UndefinedError: a fold lacks a class.
        ValueError: a prediction is not finite.
    """
    if not np.isfinite(predictions).all():
        raise ValueError(f"{(~np.isfinite(predictions)).sum()} predictions are not finite")
    found = list(_folds(metric, design, predictions))
    terms = found[0][2].samples.shape[1]
    placed = np.empty((*predictions.shape[:-1], terms))  # (..., S, R, N, T)
    weights = np.empty((*design.folds.shape, terms))  # (R, N, T): of a client in the mean of its sample
    samples = np.empty((len(design.truth), terms), int)
    for repeat, rows, components in found:
        placed[..., repeat, rows, :], samples[rows] = components.values, components.samples
        models = len(np.unique(design.folds[repeat])) if metric.by_fold else 1
        weights[repeat, rows] = 1 / (models * _sizes(components.samples))
    means = (placed * weights).sum(axis=-2) / weights.sum(axis=-2)  # (..., S, R, T)
    scored = Scored(
        design, metric, means, placed[..., 0], placed[..., 0], samples, metric.chance, metric.bounded, choices
    )
    groups = scored.sizes[np.arange(terms), samples]  # (N, T)
    unbiased = np.sqrt(groups / np.maximum(groups - 1, 1))  # the mean they are centred on is estimated from themselves
    influence = ((placed - means[..., None, :]) * weights * unbiased).mean(axis=-1)
    if len(design.folds) == 1:
        return replace(scored, influence=influence, pooled=influence)
    on_one_scale = _standardised(design, predictions) if metric.ranked else predictions
    among_all = metric.components(design.truth, on_one_scale).values  # (..., S, R, N, T)
    own = (among_all / _sizes(samples)).sum(axis=-2) / weights.sum(axis=-2)  # (..., S, R, T)
    pooled = ((among_all - own[..., None, :]) / _sizes(samples)).mean(axis=-1)
    return replace(scored, influence=influence, pooled=pooled)


def gain(one: Scored, other: Scored) -> Scored:
    """How far ``one`` is ahead of ``other`` on the same clients, which pairs them: positive is better.

    Seeds are paired where both have as many; a row of one seed is compared with every seed of the other.
    """
    assert one.design is other.design and one.metric is other.metric, "only what is scored alike is compared"
    sign = 1 if one.metric.higher else -1
    return replace(
        one,
        terms=sign * (one.terms - other.terms),
        influence=sign * (one.influence - other.influence),
        pooled=sign * (one.pooled - other.pooled),
        chance=0.0,
        bounded=False,
        choices=max(one.choices, other.choices),
    )


def _folds(metric: Metric, design: Design, predictions: np.ndarray) -> Iterator[tuple[int, np.ndarray, Components]]:
    for repeat, folds in enumerate(design.folds):
        together = folds if metric.by_fold else np.zeros_like(folds)
        for number in np.unique(together):
            rows = np.flatnonzero(together == number)
            try:
                yield repeat, rows, metric.components(design.truth[rows], predictions[..., repeat, rows, :])
            except UndefinedError as error:
                raise UndefinedError(f"fold {number} of repeat {repeat}: {error}") from None


def _standardised(design: Design, predictions: np.ndarray) -> np.ndarray:
    """Every model's predictions with mean 0 and deviation 1: how sure of itself it is changes no rank among them."""
    found = np.empty(predictions.shape)
    for repeat, folds in enumerate(design.folds):
        for number in np.unique(folds):
            rows = np.flatnonzero(folds == number)
            own = predictions[..., repeat, rows, :]  # (..., S, n, K)
            spread = own.std(axis=-2, keepdims=True)
            centred = own - own.mean(axis=-2, keepdims=True)
            found[..., repeat, rows, :] = centred / np.where(spread > 0, spread, 1)
    return found


def _sizes(samples: np.ndarray) -> np.ndarray:
    """(n, T) clients in the sample of each."""
    return np.stack([np.bincount(term)[term] for term in samples.T], axis=1)
