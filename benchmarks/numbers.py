"""Made-up numbers and predictions whose R2 is known: what the statistics of the verdict are held against.

Labels differ from one data set to the next, since R2 hangs on how they are spread; so one is drawn at a time.
S seeds, R repeats, N clients, F features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.worlds import dealt
from coles_ops.statistics import R2, Design, Scored, score
from coles_ops.targets import Number


@dataclass(frozen=True)
class Numbers:
    """Two rows of predictions of the same labels, of variance one: R2 times the label and noise, as the best are."""

    name: str
    clients: int = 800
    group: int = 1  # clients of a group share nine tenths of the label and of what is wrong of it
    told: bool = True  # whether the statistics are told of the groups
    seeds: int = 1  # of the first row
    spread: float = 0.0  # standard deviation of R2 between seeds
    r2: float = 0.3
    alike: float = 0.6  # correlation of what is wrong of the two rows
    skew: bool = False  # whether labels are exponential, and not normal

    def draw(self, ahead: float, rng: np.random.Generator) -> tuple[Scored, Scored]:
        """A data set in which the first row, of S seeds, is so far ahead of the second, of one."""
        label, shared = self._noise(1, rng), self._noise(1, rng)
        if self.skew:
            label = rng.exponential(size=label.shape) - 1
        first = np.sqrt(0.5) * (self._noise(1, rng) + self._noise(self.seeds, rng))
        groups = np.arange(self.clients) // self.group if self.told else np.arange(self.clients)
        design, found = Design.holdout(label[0], groups), []
        for own, shares in (
            (first, self.r2 + ahead + self.spread * rng.normal(size=(self.seeds, 1))),
            (self._noise(1, rng), np.array(self.r2)),
        ):
            wrong = np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * own  # (S, N)
            predictions = shares * label + np.sqrt(shares * (1 - shares)) * wrong
            found.append(score(R2, design, predictions[None, :, None, :, None]))
        return found[0], found[1]

    def _noise(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, N) of variance one."""
        own = rng.normal(size=(count, self.clients))
        if self.group == 1:
            return own
        groups = rng.normal(size=(count, -(-self.clients // self.group))).repeat(self.group, axis=1)
        return np.sqrt(0.9) * groups[:, : self.clients] + np.sqrt(0.1) * own


@dataclass(frozen=True)
class RefittedNumbers:
    """Two sets of features that say as much of the label, and ridge regressions refitted in every fold."""

    name: str
    clients: int = 400
    features: int = 16
    alike: float = 0.5  # correlation of the sets
    knows: float = 1.0  # signal by noise of all features together
    folds: int = 5
    repeats: int = 3
    penalty: float = 10.0

    def draw(self, rng: np.random.Generator) -> tuple[Scored, Scored]:
        """A data set: both rows."""
        label, alone = rng.normal(size=self.clients), np.arange(self.clients)
        design = replace(dealt(Number().strata(label), alone, self.folds, self.repeats, rng), truth=label)
        shape, found = (self.clients, self.features), []
        shared = rng.normal(size=shape)
        for _ in range(2):
            features = np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * rng.normal(size=shape)
            features += label[:, None] * self.knows / np.sqrt(self.features)
            predictions = np.empty((1, 1, self.repeats, self.clients, 1))
            for repeat, folds in enumerate(design.folds):
                for fold in range(self.folds):
                    test = folds == fold
                    predictions[0, 0, repeat, test, 0] = self._predicted(features[~test], label[~test], features[test])
            found.append(score(R2, design, predictions))
        return found[0], found[1]

    def _predicted(self, features: np.ndarray, label: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(M,) of clients with features (M, F), by those of others."""
        middle, mean = features.mean(axis=0), label.mean()
        apart = features - middle
        curvature = apart.T @ apart + self.penalty * np.eye(self.features)
        return mean + (others - middle) @ np.linalg.solve(curvature, apart.T @ (label - mean))
