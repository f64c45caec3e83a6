"""The clients of a fold predicted by what saw nothing but the labels of its training clients.

N clients in a part of a fold, F features, P columns of a prediction.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import COMPLEXITY, FOLD, INNER, INNER_FOLD, PROBE, REPEAT, THRESHOLD
from coles_ops.features import Features, finite
from coles_ops.probes import Fitting, Labelled, Probe
from coles_ops.protocols import Clients, Fold, Protocol
from coles_ops.representations import Learnt, Predictor, Teachers
from coles_ops.schema import CLIENT, LABEL
from coles_ops.targets import Target

log = logging.getLogger("coles.evaluate")

Learner = Callable[[Fold, np.ndarray, Fitting], Learnt]  # of a fold, and the inner folds (N,) of its training clients
Learners = Mapping[tuple[str, ...], Learner]  # by the probes beside which stands what it predicts


@dataclass(frozen=True)
class Predicted:
    """What was found in folds; clients are positions."""

    predictions: pd.DataFrame  # a row a prediction: probe, repeat, fold, client, label and the columns of the target
    choices: pd.DataFrame  # a row a fit: probe, repeat, fold, inner score, complexity, threshold
    inner: pd.DataFrame  # a row a training client of a fit, predicted by the others: as predictions, and its inner fold

    @property
    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """All of it."""
        return self.predictions, self.choices, self.inner


def predict_folds(
    learners: Learners, clients: Clients, folds: Sequence[Fold], protocol: Protocol, how: Fitting
) -> Predicted:
    """Predict the test clients of folds.

    What is found within the training clients is kept: which of several fits is to be scored is chosen by it.

    Args:
        learners: what predicts.
        clients: all, with their labels.
        folds: to predict.
        protocol: deals the training clients to inner folds.
        how: to fit.
    """
    predicted, chosen, within = [], [], []
    for fold in folds:
        inner, labels = protocol.inner_folds(clients, fold), clients.label[fold.train]
        own = of_fold(how, fold)
        for probes, learn in learners.items():
            learnt = learn(fold, inner, own)
            threshold = how.target.threshold(labels, learnt.out_of_fold)
            ahead = pd.DataFrame({CLIENT: fold.test, LABEL: clients.label[fold.test]})
            ahead = ahead.assign(**_columns(how.target, learnt.predicted))
            behind = pd.DataFrame({CLIENT: fold.train, LABEL: labels, INNER_FOLD: inner})
            behind = behind.assign(**_columns(how.target, learnt.out_of_fold))
            for probe in probes:
                place = {PROBE: probe, REPEAT: fold.repeat, FOLD: fold.number}
                predicted.append(ahead.assign(**place))
                chosen.append(place | {INNER: learnt.score, COMPLEXITY: learnt.complexity, THRESHOLD: threshold})
                within.append(behind.assign(**place))
    return Predicted(
        pd.concat(predicted, ignore_index=True), pd.DataFrame(chosen), pd.concat(within, ignore_index=True)
    )


def of_fold(how: Fitting, fold: Fold) -> Fitting:
    """How a fold is fitted: by a seed of its own."""
    return replace(how, seed=how.seed + 1000 * fold.repeat + fold.number)


def by_probes(
    described: Callable[[np.ndarray], Features], clients: Clients, protocol: Protocol, probes: Sequence[Probe]
) -> Learners:
    """Probes that are fitted on the features of the training clients.

    Args:
        described: positions (N,) of clients to features (N, F).
        clients: all, with their labels.
        protocol: says whether labels of those who are scored leak, as published.
        probes: to fit.
    """

    def learner(probe: Probe) -> Learner:
        def learn(fold: Fold, inner: np.ndarray, how: Fitting) -> Learnt:
            train, test = Labelled(described(fold.train), clients.label[fold.train]), described(fold.test)
            assert finite(train.features) and finite(test), "a client's features are not finite"
            if protocol.as_published:
                fitted = probe.fit_as_published(train, Labelled(test, clients.label[fold.test]), how)
            else:
                fitted = probe.fit(train, inner, how)
            return Learnt(fitted.predict(test), fitted.score, fitted.complexity, fitted.out_of_fold)

        return learn

    return {(probe.name,): learner(probe) for probe in probes}


def by_itself(predictor: Predictor, clients: Clients, probes: Sequence[Probe], name: str) -> Learners:
    """What learns and predicts without a probe, so that it is the same beside every one.

    It is given no label but those of the training clients.

    Args:
        predictor: does the work.
        clients: all, with their labels.
        probes: that read the others.
        name: for the log.
    """

    def learn(fold: Fold, inner: np.ndarray, how: Fitting) -> Learnt:
        learnt = predictor.learn(Teachers(fold.train, clients.label[fold.train], inner), fold.test, how)
        place = f"repeat {fold.repeat}, fold {fold.number}"
        log.info("%s: %s, %g steps, inner score %.4f", name, place, learnt.complexity, learnt.score)
        return learnt

    return {tuple(probe.name for probe in probes): learn}


def _columns(target: Target, predicted: np.ndarray) -> dict[str, np.ndarray]:
    """P columns (N,) of predictions (N, P)."""
    return dict(zip(target.columns, predicted.T, strict=True))
