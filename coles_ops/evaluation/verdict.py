"""Whether the best encoder beats plain aggregates, and what these clients could have told, in a few sentences."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import Compared, Verdict
from coles_ops.config import Evaluation
from coles_ops.evaluation import words
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.schema import Outcome
from coles_ops.statistics import Comparison, compare, estimate, gain, learnt
from coles_ops.targets import AnyTarget, Target

AGGREGATES, RANDOM, JOINED = "aggregates", "random_encoder", "aggregates_and_coles"
_PARTS = ("clients", "training", "seeds", "partitions")


def reach_verdict(
    predictions: pd.DataFrame,
    names: Mapping[str, str],
    winner: str,
    trial: str,
    config: Evaluation,
    target: AnyTarget,
    candidates: int = 1,
    hindered: str = "",
    others: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> Verdict:
    """Compare the winner with plain aggregates on the same clients, by the first probe.

    Args:
        predictions: the long table, or the part of those compared and of the random encoder.
        names: of representations, as people read them.
        winner: what was picked without a look at the clients that are scored.
        trial: the encoder that is kept.
        config: probes, delta and confidence.
        target: what is predicted.
        candidates: of which one was chosen within each fold, in all rows but the aggregates.
        hindered: why nothing is to be compared at all.
        others: further rows that stand against the aggregates; the more there are, the stronger each must be.
        remarks: what else the sentence rests on.

    Raises:
        ValueError: a prediction is not finite.
    """
    found = OutOfFold.of(predictions, config.probes[0].name)
    rows, baseline = [winner, *others], found.scored(AGGREGATES)
    scarce, gate = hindered or _scarce(found, target), ""
    told: list[Comparison | None] = [None] * len(rows)
    if not scarce:
        gains = [estimate(gain(found.scored(row, candidates), baseline)) for row in rows]
        told = [*compare(gains, config.delta, config.confidence)]
        trained, untrained = (found.scored(row, candidates) for row in (winner, RANDOM))
        gate = learnt(trained, untrained, config.delta, config.confidence).words
    against = float(baseline.values.mean())
    compared = [
        _compared(row, names[row], float(found.scored(row).values.mean()), against, each)
        for row, each in zip(rows, told, strict=True)
    ]
    n_seeds, n_repeats, n_clients, _ = found.predictions[winner].shape
    verdict = Verdict(
        sentence="",
        remarks=[*words.limits(n_seeds, n_repeats), *remarks],
        winner=winner,
        winner_name=names[winner],
        trial=trial,
        baseline=AGGREGATES,
        baseline_score=against,
        probe=config.probes[0].name,
        target=target,
        protocol=config.protocol.name,
        confidence=config.confidence,
        delta=config.delta,
        n_clients=n_clients,
        n_groups=found.design.n_groups,
        n_seeds=n_seeds,
        n_repeats=n_repeats,
        compared=compared[0],
        others=compared[1:],
    )
    return verdict.model_copy(update={"sentence": words.sentence(verdict, gate or scarce)})


def _compared(row: str, name: str, score: float, against: float, told: Comparison | None) -> Compared:
    if told is None:
        difference = score - against
        return Compared(representation=row, name=name, score=score, difference=difference, outcome=Outcome.UNDECIDED)
    return Compared(
        representation=row,
        name=name,
        score=score,
        difference=float(told.difference.value),
        outcome=told.outcome,
        small=told.small,
        interval=(told.low, told.high),
        p=told.p,
        detectable=told.detectable,
        labels=told.labels,
        errors={part: float(np.sqrt(getattr(told.difference, part))) for part in _PARTS},
        freedom=float(told.difference.freedom),
    )


def _scarce(found: OutOfFold, target: Target) -> str:
    """Why no interval can be given; empty where one can."""
    alone = target.alone(found.design.truth, found.design.codes)
    return alone and f"no interval can be given, since {alone} is scored"
