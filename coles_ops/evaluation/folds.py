"""The clients of a fold predicted by probes that saw nothing but the labels of its training clients.

N clients in a part of a fold, F features, P columns of a prediction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import COMPLEXITY, FOLD, INNER, INNER_FOLD, PROBE, REPEAT, THRESHOLD
from coles_ops.features import Features, finite
from coles_ops.probes import Fitting, Labelled, Probe
from coles_ops.protocols import Clients, Fold, Protocol
from coles_ops.schema import CLIENT, LABEL
from coles_ops.targets import Target


@dataclass(frozen=True)
class Predicted:
    """What probes found in folds; clients are positions."""

    predictions: pd.DataFrame  # a row a prediction: probe, repeat, fold, client, label and the columns of the target
    choices: pd.DataFrame  # a row a fit: probe, repeat, fold, inner score, complexity, threshold
    inner: pd.DataFrame  # a row a training client of a fit, predicted by the others: as predictions, and its inner fold


def predict_folds(
    described: Callable[[np.ndarray], Features],
    clients: Clients,
    folds: Sequence[Fold],
    protocol: Protocol,
    probes: Sequence[Probe],
    how: Fitting,
) -> Predicted:
    """Predict the test clients of folds by probes that saw nothing but the labels of the training clients.

    What is found within the training clients is kept: which of several fits is to be scored is chosen by it.

    Args:
        described: positions (N,) of clients to features (N, F).
        clients: all, with their labels.
        folds: to predict.
        protocol: deals the training clients to inner folds.
        probes: to fit.
        how: to fit them.
    """
    predicted, chosen, within = [], [], []
    for fold in folds:
        train = Labelled(described(fold.train), clients.label[fold.train])
        test, inner = described(fold.test), protocol.inner_folds(clients, fold)
        assert finite(train.features) and finite(test), "a client's features are not finite"
        own = replace(how, seed=how.seed + 1000 * fold.repeat + fold.number)
        for probe in probes:
            if protocol.as_published:
                fitted = probe.fit_as_published(train, Labelled(test, clients.label[fold.test]), own)
            else:
                fitted = probe.fit(train, inner, own)
            place = {PROBE: probe.name, REPEAT: fold.repeat, FOLD: fold.number}
            table = pd.DataFrame({CLIENT: fold.test, LABEL: clients.label[fold.test]})
            predicted.append(table.assign(**place, **_columns(how.target, fitted.predict(test))))
            threshold = how.target.threshold(train.labels, fitted.out_of_fold)
            chosen.append(place | {INNER: fitted.score, COMPLEXITY: fitted.complexity, THRESHOLD: threshold})
            table = pd.DataFrame({CLIENT: fold.train, LABEL: train.labels, INNER_FOLD: inner})
            within.append(table.assign(**place, **_columns(how.target, fitted.out_of_fold)))
    return Predicted(
        pd.concat(predicted, ignore_index=True), pd.DataFrame(chosen), pd.concat(within, ignore_index=True)
    )


def _columns(target: Target, predicted: np.ndarray) -> dict[str, np.ndarray]:
    """P columns (N,) of predictions (N, P)."""
    return dict(zip(target.columns, predicted.T, strict=True))
