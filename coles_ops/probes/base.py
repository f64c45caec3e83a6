"""The contract of a probe, and how it chooses its complexity: within the training clients.

N clients, F features, P columns of a prediction (see ``coles_ops.targets``), T complexities.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from coles_ops.component import Component
from coles_ops.features import Features
from coles_ops.probes.columns import choose_columns
from coles_ops.registry import Registry
from coles_ops.targets import Target

Predict = Callable[[Features], np.ndarray]  # features (N, F) to predictions (N, P)


@dataclass(frozen=True)
class Labelled:
    """Features and labels of clients."""

    features: Features  # (N, F)
    labels: np.ndarray  # (N,)

    def at(self, rows: np.ndarray) -> "Labelled":
        """Some of them, by a mask (N,)."""
        return Labelled(self.features[rows], self.labels[rows])

    def seeing(self, columns: np.ndarray) -> "Labelled":
        """All of them, by some of their features."""
        return Labelled(self.features[:, columns], self.labels)


@dataclass(frozen=True)
class Fitting:
    """What a fit takes beside its clients."""

    target: Target  # what the labels are
    threads: int  # cores used; the same wherever it runs, since another number may add up in another order
    seed: int


@dataclass(frozen=True)
class Fitted:
    """A probe fitted on all training clients, with the complexity that was best within them."""

    predict: Predict
    score: float  # by the target, over the inner folds: what all is chosen by
    complexity: float
    out_of_fold: np.ndarray  # (N, P) predictions of the training clients, each by a fit on the other inner folds


class Probe(Component):
    """A model that is fitted at several complexities, on columns that its own training clients choose."""

    @property
    def complexities(self) -> Sequence[float]:
        """(T,) what is tried, the simplest first."""
        raise NotImplementedError

    def path(self, train: Labelled, features: Features, how: Fitting) -> np.ndarray:
        """Fit on ``train`` at every complexity and predict ``features`` (M, F): (T, M, P)."""
        raise NotImplementedError

    def model(self, train: Labelled, complexity: float, how: Fitting) -> Predict:
        """Fit on ``train`` at one complexity."""
        raise NotImplementedError

    def seen(self, train: Labelled, how: Fitting) -> np.ndarray:
        """Indices of the features that it is fitted on, ascending."""
        return choose_columns(train.features, how.target.contrasts(train.labels))

    def fit(self, train: Labelled, inner: np.ndarray, how: Fitting) -> Fitted:
        """Choose the complexity by cross-validation over ``inner`` folds (N,), then fit on all.

        Of equal complexities the simplest is taken. What predicts a client of an inner fold, its columns included,
        knows nothing of that fold.
        """
        path = np.empty((len(self.complexities), len(inner), len(how.target.columns)))  # (T, N, P)
        folds = [inner == number for number in np.unique(inner)]
        for fold in folds:
            others = train.at(~fold)
            columns = self.seen(others, how)
            path[:, fold] = self.path(others.seeing(columns), train.at(fold).seeing(columns).features, how)
        scores = [how.target.score([(train.labels[fold], tried[fold]) for fold in folds]) for tried in path]  # (T,)
        best = int(np.argmax(scores))
        complexity, columns = self.complexities[best], self.seen(train, how)
        predict = self.model(train.seeing(columns), complexity, how)
        return Fitted(lambda features: predict(features[:, columns]), float(scores[best]), complexity, path[best])

    def fit_as_published(self, train: Labelled, test: Labelled, how: Fitting) -> Fitted:
        """As the study of 2023 did: as complex as is best on the clients that are scored, whose labels leak so."""
        path = self.path(train, test.features, how)  # (T, N, P)
        scores = [how.target.score([(test.labels, tried)]) for tried in path]
        best = int(np.argmax(scores))
        half = np.full((len(train.labels), path.shape[-1]), 0.5)  # no threshold was chosen
        return Fitted(lambda _: path[best], scores[best], self.complexities[best], half)


PROBES: Registry[type[Probe]] = Registry("probe", "coles_ops.probes")
