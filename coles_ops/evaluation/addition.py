"""A candidate added to the aggregates: the predictions of both as one, within each fold.

There is nothing to fit, so that scored clients teach nothing. What training clients were predicted by fits on the other
inner folds is combined alike, and by the score of that is chosen among candidates.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import (
    COMPLEXITY,
    FOLD,
    INNER,
    INNER_FOLD,
    PROBE,
    REPEAT,
    REPRESENTATION,
    SEED,
    THRESHOLD,
    Evaluation,
    prediction_columns,
)
from coles_ops.evaluation.procedure import Candidates
from coles_ops.schema import CLIENT, LABEL
from coles_ops.statistics import Metric, combined
from coles_ops.targets import Target

_FIT = [PROBE, REPEAT, FOLD]


def additions(
    evaluation: Evaluation, base: str, others: Sequence[str], probes: Sequence[str], target: Target
) -> Candidates:
    """Each of others added to the base, all by the ids of their records; under the names of their candidates.

    Args:
        evaluation: what they predicted.
        base: of one seed.
        others: of any seed.
        probes: whose predictions are combined, each with its own.
        target: what is predicted.
    """
    scored, within = evaluation.predictions(base), evaluation.inner(base)
    predictions, choices = [], []
    for name in others:
        predictions.append(added(scored, evaluation.predictions(name), probes, [], target.metric))
        both = added(within, evaluation.inner(name), probes, [INNER_FOLD], target.metric)
        choices.append(inner_scores(both, target))
    return Candidates(pd.concat(predictions, ignore_index=True), pd.concat(choices, ignore_index=True))


def added(
    base: pd.DataFrame, other: pd.DataFrame, probes: Sequence[str], within: Sequence[str], metric: Metric
) -> pd.DataFrame:
    """The predictions of ``other``, each combined with that of ``base`` of the same client.

    Args:
        base: of one seed, in the order of its folds.
        other: the same.
        probes: those that both are taken of.
        within: beside probe, repeat and fold, what the predictions of one model have in common.
        metric: what they are scored by.
    """
    base, other = (table[table[PROBE].isin(probes)].reset_index(drop=True) for table in (base, other))
    model = [*_FIT, *within]
    assert base[[*model, CLIENT]].equals(other[[*model, CLIENT]]), (
        "both have predicted the same clients by the same folds"
    )
    columns = prediction_columns(base)
    one, two = (table[columns].to_numpy(float) for table in (base, other))
    found = np.empty(one.shape)
    for rows in other.groupby(model, sort=False).indices.values():
        found[rows] = combined(metric, one[rows], two[rows])
    return other.assign(**dict(zip(columns, found.T, strict=True)))


def inner_scores(inner: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Choices by what training clients were predicted: a row a fit, with the score of its inner folds.

    Args:
        inner: a row a training client of a fit; see ``Evaluation``.
        target: what is predicted.
    """
    columns, found = prediction_columns(inner), []
    for place, rows in inner.groupby([REPRESENTATION, SEED, *_FIT], sort=False):
        truth, predicted, fold = rows[LABEL].to_numpy(), rows[columns].to_numpy(float), rows[INNER_FOLD].to_numpy()
        score = target.score([(truth[fold == number], predicted[fold == number]) for number in np.unique(fold)])
        found.append((*place, score, np.nan, target.threshold(truth, predicted)))
    return pd.DataFrame(found, columns=[REPRESENTATION, SEED, *_FIT, INNER, COMPLEXITY, THRESHOLD])
