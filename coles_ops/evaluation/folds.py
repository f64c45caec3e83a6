"""The clients of a fold predicted by probes that saw nothing but the labels of its training clients.

N clients in a part of a fold, F features, P columns of a prediction.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import COMPLEXITY, FOLD, INNER, PROBE, REPEAT, THRESHOLD
from coles_ops.features import Features, finite
from coles_ops.probes import Fitting, Labelled, Probe
from coles_ops.protocols import Clients, Fold, Protocol
from coles_ops.schema import CLIENT, LABEL


def predict_folds(
    described: Callable[[np.ndarray], Features],
    clients: Clients,
    folds: Sequence[Fold],
    protocol: Protocol,
    probes: Sequence[Probe],
    how: Fitting,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict the test clients of folds by probes that saw nothing but the labels of the training clients.

    Args:
        described: positions (N,) of clients to features (N, F).
        clients: all, with their labels.
        folds: to predict.
        protocol: deals the training clients to inner folds.
        probes: to fit.
        how: to fit them.

    Returns:
        A row a prediction: probe, repeat, fold, client (its position), label and the columns of the target; and a row a
        fit: probe, repeat, fold, and what was found within the training clients: inner score, complexity, threshold.
    """
    predicted, chosen = [], []
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
            found = dict(zip(how.target.columns, fitted.predict(test).T, strict=True))  # P columns (N,)
            place = {PROBE: probe.name, REPEAT: fold.repeat, FOLD: fold.number}
            table = pd.DataFrame({CLIENT: fold.test, LABEL: clients.label[fold.test]})
            predicted.append(table.assign(**place, **found))
            threshold = how.target.threshold(train.labels, fitted.out_of_fold)
            chosen.append(place | {INNER: fitted.score, COMPLEXITY: fitted.complexity, THRESHOLD: threshold})
    return pd.concat(predicted, ignore_index=True), pd.DataFrame(chosen)
