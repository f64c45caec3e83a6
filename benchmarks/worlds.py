"""Made-up clients and predictions whose truth is known: what the statistics of the verdict are held against.

B data sets at once, S seeds, R repeats, N clients, T trials, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from coles_ops.protocols.folds import fold_numbers
from coles_ops.statistics import ROC_AUC, Design, Scored, combined, score


@dataclass(frozen=True)
class World:
    """Two rows of predictions for the same clients, normal in both classes: ROC-AUC is Phi(distance / sqrt 2)."""

    name: str
    clients: int = 800
    positives: int = 400
    group: int = 1  # clients of a group share their label and nine tenths of what is not known of them
    told: bool = True  # whether the statistics are told of the groups
    seeds: int = 1  # of the first row
    spread: float = 0.0  # standard deviation of ROC-AUC between seeds
    auc: float = 0.75
    alike: float = 0.6  # correlation of the two rows within a class

    def design(self) -> Design:
        """One fold."""
        truth = (np.arange(self.clients) < self.positives).astype(int)
        return Design.holdout(truth, np.arange(self.clients) // self.group if self.told else None)

    def draw(self, count: int, ahead: float, rng: np.random.Generator) -> tuple[Scored, Scored]:
        """B data sets in which the first row, of S seeds, is so far ahead of the second, of one."""
        design = self.design()
        shared = self._noise((count, 1), rng)
        first = np.sqrt(0.5) * (self._noise((count, 1), rng) + self._noise((count, self.seeds), rng))
        found = []
        for own, aucs in (
            (first, self.auc + ahead + self.spread * rng.normal(size=(count, self.seeds, 1))),
            (self._noise((count, 1), rng), np.array(self.auc)),
        ):
            noise = np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * own  # (B, S, N)
            predictions = design.truth * distance(aucs) + noise
            found.append(score(ROC_AUC, design, predictions[:, :, None, :, None]))
        return found[0], found[1]

    def _noise(self, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """(*shape, N) of variance one."""
        own = rng.normal(size=(*shape, self.clients))
        if self.group == 1:
            return own
        groups = rng.normal(size=(*shape, -(-self.clients // self.group))).repeat(self.group, axis=-1)
        return np.sqrt(0.9) * groups[..., : self.clients] + np.sqrt(0.1) * own


def distance(auc: np.ndarray | float) -> np.ndarray:
    """Of the means of two classes of variance one, for this ROC-AUC."""
    return np.sqrt(2) * norm.ppf(auc)


def dealt(truth: np.ndarray, groups: np.ndarray, folds: int, repeats: int, rng: np.random.Generator) -> Design:
    """Clients in folds, as protocols deal them."""
    seeds = rng.integers(1 << 30, size=(repeats, 2)).tolist()
    return Design(truth, np.stack([fold_numbers(truth, groups, folds, seed) for seed in seeds]), groups)


@dataclass(frozen=True)
class Search:
    """A choice among candidates of which none is better than the baseline: all noise where ``auc`` is one half.

    Where they are added to the baseline, each knows so much that the sum of it and the baseline is as good as that.
    """

    name: str
    clients: int = 400
    trials: int = 18
    auc: float = 0.6
    alike: float = 0.5
    folds: int = 5
    repeats: int = 3
    seeds: int = 1  # of every other candidate; those between have none
    added: bool = False  # whether what is chosen is added to the baseline

    def draw(self, count: int, nested: bool, rng: np.random.Generator) -> tuple[Scored, Scored]:
        """B data sets: what is chosen among the candidates, and the baseline.

        Args:
            count: B.
            nested: choose within the training clients of each fold; else by all clients, who are then scored.
            rng: draws all.
        """
        truth = np.arange(self.clients) % 2
        design = dealt(truth, np.arange(self.clients), self.folds, self.repeats, rng)
        trials, base = self._predictions(count, truth, rng)  # (B, S, T, N), (B, N)
        chosen = np.empty((count, self.seeds, self.repeats, self.clients))
        for repeat in range(self.repeats):
            for fold in range(self.folds):
                test = design.folds[repeat] == fold
                inner = ~test if nested else np.ones_like(test)
                tried = self._scored(trials[..., inner], base[:, None, None, inner])
                best = _ranked(truth[inner], tried).mean(axis=1).argmax(axis=1)  # (B,) by the mean over seeds
                found = trials[np.arange(count), :, best][..., test]  # (B, S, n)
                chosen[:, :, repeat, test] = self._scored(found, base[:, None, test])
        one = score(ROC_AUC, design, chosen[..., None], choices=self.trials if nested else 1)
        shape = (count, 1, self.repeats, self.clients, 1)
        return one, score(ROC_AUC, design, np.broadcast_to(base[:, None, None, :, None], shape))

    def _predictions(self, count: int, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        shared, other = rng.normal(size=(2, count, 1, self.clients))
        own = rng.normal(size=(count, 1, self.trials, self.clients))
        if self.seeds > 1:
            by_seed = rng.normal(size=(count, self.seeds, self.trials, self.clients))
            seeded = np.arange(self.trials)[:, None] % 2 == 0
            own = np.where(seeded, np.sqrt(0.8) * own + np.sqrt(0.2) * by_seed, own)
        knows = distance(self.auc) * (np.sqrt(2 + 2 * self.alike) - 1 if self.added else 1)
        trials = truth * knows + np.sqrt(self.alike) * shared[:, None] + np.sqrt(1 - self.alike) * own
        base = truth * distance(self.auc) + np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * other
        return trials, base[:, 0]

    def _scored(self, predictions: np.ndarray, base: np.ndarray) -> np.ndarray:
        """(..., n) as they are, or added to those of the baseline."""
        if not self.added:
            return predictions
        return combined(ROC_AUC, np.broadcast_to(base, predictions.shape)[..., None], predictions[..., None])[..., 0]


@dataclass(frozen=True)
class Refitted:
    """Two sets of features that say as much of the label, and logistic regressions refitted in every fold."""

    name: str
    clients: int = 400
    positives: int = 200
    features: int = 16
    alike: float = 0.5  # correlation of the sets
    knows: float = 1.0  # distance of the classes, in standard deviations
    folds: int = 5
    repeats: int = 3
    group: int = 1
    penalty: float = 1.0

    def draw(self, count: int, rng: np.random.Generator) -> tuple[list[Scored], list[np.ndarray]]:
        """B data sets: both rows, and the ROC-AUC (B, R * K) of each fold, positives first."""
        truth = (np.arange(self.clients) < self.positives).astype(int)
        design = dealt(truth, np.arange(self.clients) // self.group, self.folds, self.repeats, rng)
        shared = self._noise(count, rng)
        found, by_fold = [], []
        for _ in range(2):
            features = np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * self._noise(count, rng)
            features += truth[:, None] * self.knows / np.sqrt(self.features)
            predictions, aucs = np.empty((count, 1, self.repeats, self.clients, 1)), []
            for repeat in range(self.repeats):
                for fold in range(self.folds):
                    test = design.folds[repeat] == fold
                    weights = _fit(features[:, ~test], truth[~test], self.penalty)
                    predicted = np.einsum("bnf,bf->bn", features[:, test], weights[:, :-1]) + weights[:, -1:]
                    predictions[:, 0, repeat, test, 0] = predicted
                    aucs.append(_roc_auc(truth[test], predicted))
            found.append(score(ROC_AUC, design, predictions))
            by_fold.append(np.stack(aucs, axis=1))
        return found, by_fold

    def _noise(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(B, N, F) of variance one."""
        own = rng.normal(size=(count, self.clients, self.features))
        if self.group == 1:
            return own
        groups = rng.normal(size=(count, -(-self.clients // self.group), self.features)).repeat(self.group, axis=1)
        return np.sqrt(0.9) * groups[:, : self.clients] + np.sqrt(0.1) * own


def _ranked(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(...) what the ROC-AUC of scores (..., N) rises with: pairs in the right order, ties in any."""
    order = np.argsort(scores, axis=-1)
    positive = truth[order]
    return ((1 - positive).cumsum(axis=-1, dtype=np.int32) * positive).sum(axis=-1)


def _roc_auc(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(...) of scores (..., N)."""
    return ROC_AUC.components(truth, scores[..., None]).values[..., truth == 1, 0].mean(axis=-1)


def _fit(features: np.ndarray, truth: np.ndarray, penalty: float) -> np.ndarray:
    """Weights (B, F + 1), the last the intercept, of ridge logistic regressions on (B, N, F), by Newton's method."""
    features = np.concatenate([features, np.ones((*features.shape[:2], 1))], axis=2)
    ridge = np.diag([penalty] * (features.shape[2] - 1) + [1e-6])
    weights = np.zeros((len(features), features.shape[2]))
    for _ in range(6):
        mean = 1 / (1 + np.exp(-np.einsum("bnf,bf->bn", features, weights)))
        gradient = np.einsum("bnf,bn->bf", features, truth - mean) - weights @ ridge
        curvature = features.transpose(0, 2, 1) @ (features * (mean * (1 - mean))[..., None]) + ridge
        weights += np.linalg.solve(curvature, gradient[..., None])[..., 0]
    return weights
