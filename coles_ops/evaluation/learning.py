"""The learning curve: what a probe scores that was taught by fewer labels.

C clients, N of them in a part of a fold.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import PROBE, REPRESENTATION
from coles_ops.evaluation.folds import by_probes, predict_folds
from coles_ops.evaluation.leaderboard import interval_of
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.features import Features
from coles_ops.probes import Fitting, Probe
from coles_ops.protocols import Clients, Fold, Protocol
from coles_ops.protocols.folds import sampled

_FEWER = 15  # beside the seed: what is drawn
_MARK = "@"  # between the name of a probe and its number of labels


def taught_by_fewer(
    described: Callable[[np.ndarray], Features],
    clients: Clients,
    folds: Sequence[Fold],
    protocol: Protocol,
    probe: Probe,
    how: Fitting,
    sizes: Sequence[int],
) -> pd.DataFrame:
    """Predict the test clients of the first repeat by a probe that learns from so many labels, and from all.

    All is as with all labels, the inner folds included; sizes at which these would lack a class are left out.

    Returns:
        A row a prediction, as those of ``predict_folds``; the probe's name holds the number of labels.
    """
    first, found = [fold for fold in folds if fold.repeat == 0], []
    learners = by_probes(described, clients, protocol, [probe])
    most = min(len(fold.train) for fold in first)
    for size in sorted({min(size, most) for size in (*sizes, most)}):
        smaller = [fewer(fold, size, clients, protocol.seed) for fold in first]
        if all(_teaches(fold, clients, protocol) for fold in smaller):
            predicted = predict_folds(learners, clients, smaller, protocol, how).predictions
            found.append(predicted.assign(**{PROBE: f"{probe.name}{_MARK}{size}"}))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def fewer(fold: Fold, size: int, clients: Clients, seed: int) -> Fold:
    """A fold that is taught by about so many of its labels, groups whole and labels in like shares."""
    stratum, group = clients.stratum[fold.train], clients.group[fold.train]
    taken = sampled(stratum, group, min(1.0, size / len(fold.train)), [seed, _FEWER, fold.number, size])
    return replace(fold, train=fold.train[taken])


def learning_curve(scored: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Scores by representation and number of labels, with their intervals: representation, labels, score, low, high.

    The bounds are NaN where a class is too rare for an interval.

    Args:
        scored: the long table.
        confidence: of the intervals.
    """
    lines = []
    for probe in sorted(name for name in scored[PROBE].unique() if _MARK in name):
        found = OutOfFold.of(scored, probe)
        for row in found.predictions:
            own = found.scored(row)
            labels, interval = int(probe.split(_MARK)[1]), interval_of(own, confidence)
            lines.append((row, labels, float(own.values.mean()), *interval))
    table = pd.DataFrame(lines, columns=[REPRESENTATION, "labels", "score", "low", "high"])
    table = table.astype({"low": float, "high": float})
    return table.sort_values([REPRESENTATION, "labels"], ignore_index=True)


def _teaches(fold: Fold, clients: Clients, protocol: Protocol) -> bool:
    """Whether every inner fold has enough of every kind."""
    inner = protocol.inner_folds(clients, fold)  # (N,)
    rows = (fold.train[inner == number] for number in range(protocol.inner))
    return not any(clients.target.too_few(clients.label, own, 1, "in an inner fold") for own in rows)
