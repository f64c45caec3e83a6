"""A score or a difference with its standard error, by parts, and the degrees of freedom these parts stand on.

The variance is that of

- clients: influences, averaged over seeds and repeats, summed by group and squared (of the clustered AUC: Obuchowski
  1997), as if in each class a third of a group more had been seen, at chance: a few clients told apart without a
  mistake are no certainty;
- training: that clients also train the models that score others. From one repeat to the next, models differ by a Kth
  of their training clients; K - 1 times what a client's influence varies by is its variance by the delete-d jackknife
  (Shao and Wu 1989). A pair of clients counts twice, once for either being scored: so it is no more than of clients.
  Where one of T candidates is chosen in each fold it is no less than (1 - 1 / T) / 2 of that: of candidates that are
  alike two choices differ with probability 1 - 1 / T, and that all folds choose the same one may be luck;
- seeds and partitions: how far scores lie apart beyond what clients explain (as in a random effects model of two ways),
  by the number of seeds and of repeats.

S seeds, R repeats, N clients, G groups. Leading axes (...) are as many made-up data sets at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from coles_ops.statistics.crossfit import Scored
from coles_ops.statistics.metrics import UndefinedError

Figure = Any  # a float, or an array of one figure a made-up data set


@dataclass(frozen=True)
class Estimate:
    """A score, or a difference of two."""

    value: Figure
    clients: Figure  # variance: which clients are scored
    training: Figure  # variance: which clients train; 0 where there is one repeat, and nothing is known
    seeds: Figure  # variance: which seeds trained; 0 where there is one, and nothing is known
    partitions: Figure  # variance: how clients fell into folds
    freedom: Figure  # degrees of freedom of their sum (Satterthwaite 1946)
    bounded: bool  # whether it lies between 0 and 1
    n_clients: int  # N
    n_groups: int  # G
    n_rarest: int  # groups with a client of the rarest class
    n_seeds: int  # S
    n_repeats: int  # R

    @property
    def error(self) -> Figure:
        """Standard error."""
        return np.sqrt(self.clients + self.training + self.seeds + self.partitions)

    def interval(self, confidence: float) -> tuple[Figure, Figure]:
        """Of this coverage; of what lies between 0 and 1 on the scale of its logit, where it is nearer to normal."""
        reach = student.ppf((1 + confidence) / 2, self.freedom) * self.error
        if not self.bounded:
            return self.value - reach, self.value + reach
        margin = np.minimum(self.error, 0.5)  # the logit of 0 and 1 is not finite
        inner = np.clip(self.value, margin, 1 - margin)
        place, reach = logit(inner), reach / (inner * (1 - inner))
        return np.minimum(expit(place - reach), self.value), np.maximum(expit(place + reach), self.value)

    def above(self, bound: float) -> Figure:
        """The p value of "not above this bound", one-sided."""
        return student.sf(self._distance(bound), self.freedom)

    def below(self, bound: float) -> Figure:
        """The p value of "not below this bound", one-sided."""
        return student.cdf(self._distance(bound), self.freedom)

    def _distance(self, bound: float) -> Figure:
        """From a bound, in standard errors; 0 where there is neither distance nor error."""
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.divide(self.value - bound, self.error)
        return np.where(np.isnan(distance), 0.0, distance)


def estimate(scored: Scored) -> Estimate:
    """The score with its parts.

    Raises:
        UndefinedError: a class has one client, or one group: that says nothing of how others would be scored.
    """
    sizes = scored.sizes  # (T, C)
    if sizes[sizes > 0].min() < 2:
        raise UndefinedError("a class has a single client, or a single group of clients: no interval can be given")
    design, influence = scored.design, scored.influence  # (..., S, R, N)
    n_seeds, n_repeats = influence.shape[-3:-1]
    averaged = influence.mean(axis=(-3, -2))  # (..., N)
    together = np.square(_by_group(averaged, design.codes)).sum(axis=-1)
    classes = _classes(scored, averaged)
    clients = together + sum(added for _, added, _ in classes)
    training = np.minimum(_training(scored), clients)
    training = np.maximum(training, (1 - 1 / scored.choices) / 2 * clients)
    seeds = _between(scored.values.mean(axis=-1), influence.mean(axis=-2), design.codes)
    partitions = _between(scored.values.mean(axis=-2), influence.mean(axis=-3), design.codes)
    of_clients = _freedom([(alone + added, freedom) for alone, added, freedom in classes])
    freedom = _freedom([(clients + training, of_clients), (seeds, n_seeds - 1), (partitions, n_repeats - 1)])
    return Estimate(
        value=scored.values.mean(axis=(-2, -1)),
        clients=clients,
        training=training,
        seeds=seeds,
        partitions=partitions,
        freedom=freedom,
        bounded=scored.bounded,
        n_clients=len(design.truth),
        n_groups=design.n_groups,
        n_rarest=int(sizes[sizes > 0].min()),
        n_seeds=n_seeds,
        n_repeats=n_repeats,
    )


def _freedom(parts: list[tuple[Figure, Figure]]) -> Figure:
    """Degrees of freedom of a sum of variances, each with its own (Satterthwaite 1946)."""
    total = sum(part for part, _ in parts)
    squares = sum(np.square(part) / np.maximum(freedom, 1) for part, freedom in parts)
    return np.maximum(np.square(total) / np.maximum(squares, np.finfo(float).tiny), 1.0)


def _classes(scored: Scored, averaged: np.ndarray) -> list[tuple[Figure, Figure, float]]:
    """Of the clients of each class alone: variance (...), what is added to it (...), degrees of freedom.

    Of groups of unlike sizes large ones weigh more: as many count as would of like ones with the same spread.
    """
    codes, found = scored.design.codes, []
    for kind in np.unique(scored.samples, axis=0):
        rows = np.flatnonzero((scored.samples == kind).all(axis=1))
        within = np.unique(codes[rows], return_inverse=True)[1]
        alone = np.square(_by_group(averaged[..., rows], within)).sum(axis=-1)
        weights = np.bincount(within).astype(float) ** 2
        freedom = weights.sum() ** 2 / np.square(weights).sum() - 1
        found.append((alone, _third_of_a_group(scored, kind), freedom))
    return found


def _third_of_a_group(scored: Scored, kind: np.ndarray) -> Figure:
    """Variance (...) that a third of a group more, at chance, adds to a class.

    Args:
        scored: whose chance is known; else 0.
        kind: (T,) samples that clients of the class are in.
    """
    if scored.chance is None:
        return 0.0
    distance = scored.terms.mean(axis=(-3, -2)) - scored.chance  # (..., T)
    return np.square((distance / scored.sizes[np.arange(len(kind)), kind]).mean(axis=-1) / 3)


def _training(scored: Scored) -> Figure:
    """(...) variance by the delete-d jackknife of what models depend on their training clients."""
    by_group = _by_group(scored.pooled.mean(axis=-3), scored.design.codes)  # (..., R, G)
    if by_group.shape[-2] == 1:
        return np.zeros(by_group.shape[:-2])
    return (scored.design.n_folds - 1) * by_group.var(axis=-2, ddof=1).sum(axis=-1)


def _between(scores: np.ndarray, influence: np.ndarray, codes: np.ndarray) -> Figure:
    """Variance of a mean of scores (..., S) beyond that by which clients' influences (..., S, N) differ; from 0."""
    count = scores.shape[-1]
    if count == 1:
        return np.zeros(scores.shape[:-1])
    by_clients = _by_group(influence, codes).var(axis=-2, ddof=1).sum(axis=-1)
    return np.maximum(scores.var(axis=-1, ddof=1) - by_clients, 0) / count


def _by_group(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(..., N) summed by codes (N,) of 0 .. G-1: (..., G)."""
    if codes.max() + 1 == len(codes):
        return values
    order = np.argsort(codes, kind="stable")
    return np.add.reduceat(values[..., order], np.searchsorted(codes[order], np.arange(codes.max() + 1)), axis=-1)
