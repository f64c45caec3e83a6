"""Which representation to use for these labels, whether it adds to plain aggregates, and what CoLES is worth.

Three rows stand against the aggregates on the same clients: the best representation of all families, the best addition,
and CoLES; of several rows compared each must be the clearer.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coles_ops.artefacts.verdict import Compared, Difference, Verdict
from coles_ops.config import Evaluation
from coles_ops.evaluation import words
from coles_ops.evaluation.leaderboard import Row
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.rows import AGGREGATES, BEST, BEST_ADDITION, COLES, RANDOM
from coles_ops.statistics import Comparison, Estimate, compare, estimate, gain, learnt
from coles_ops.targets import AnyTarget, Target

_PARTS = ("clients", "training", "seeds", "partitions")


def reach_verdict(
    predictions: pd.DataFrame,
    rows: Mapping[str, Row],
    trial: tuple[str, str, str],
    config: Evaluation,
    target: AnyTarget,
    hindered: str = "",
    short: str = "",
    remarks: Sequence[str] = (),
) -> Verdict:
    """Compare rows with plain aggregates on the same clients, by the first probe.

    Args:
        predictions: the long table.
        rows: what is known of its rows.
        trial: the encoder that is kept, its name and the row of its family.
        config: probes, delta and confidence.
        target: what is predicted.
        hindered: why nothing is to be compared at all.
        short: why CoLES is not to be judged: it was not trained for long enough.
        remarks: what else the sentences rest on.

    Raises:
        ValueError: a prediction is not finite.
    """
    found = OutOfFold.of(predictions, config.probes[0].name)
    baseline, scarce = found.scored(AGGREGATES), hindered or _scarce(found, target)
    candidates = [row for row in rows if row not in (AGGREGATES, RANDOM)]
    judged = [] if scarce else [row for row in candidates if not short or rows[row].family != COLES]
    gains = {row: estimate(gain(found.scored(row, rows[row].candidates), baseline)) for row in judged}
    named = [row for row in (BEST, BEST_ADDITION, COLES) if row in rows]
    tested = [row for row in named if row in gains]
    told = dict(zip(tested, compare([gains[row] for row in tested], config.delta, config.confidence), strict=True))
    gate = short
    if COLES in told:
        trained, untrained = (found.scored(row, rows[COLES].candidates) for row in (COLES, RANDOM))
        gate = learnt(trained, untrained, config.delta, config.confidence).words
    against = float(baseline.values.mean())

    def difference(row: str) -> Difference:
        score = float(found.scored(row).values.mean())
        return _difference(row, rows[row], score, against, gains.get(row), config.confidence)

    n_seeds = max(len(predicted) for predicted in found.predictions.values())
    n_repeats, n_clients = found.predictions[AGGREGATES].shape[1:3]
    verdict = Verdict(
        sentences=[],
        remarks=[*words.limits(n_seeds, dealt_once=1 in (n_repeats, found.design.n_folds)), *remarks],
        trial=trial[0],
        trial_name=trial[1],
        trial_row=trial[2],
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
        compared=[_compared(difference(row), rows[row].candidate, told.get(row)) for row in named],
        families=[difference(row) for row in candidates if row not in (BEST, BEST_ADDITION)],
    )
    said = {BEST: words.use, BEST_ADDITION: words.add, COLES: words.coles}
    sentences = [said[each.representation](each, verdict) for each in verdict.compared]
    if gate and not scarce:
        sentences[named.index(COLES)] = f"{words.sentence(gate)} {sentences[named.index(COLES)]}"
    return verdict.model_copy(update={"sentences": [words.sentence(scarce), *sentences] if scarce else sentences})


def _difference(
    row: str, facts: Row, score: float, against: float, gained: Estimate | None, confidence: float
) -> Difference:
    low, high = gained.interval(confidence) if gained else (0, 0)
    return Difference(
        representation=row,
        family=facts.family,
        added=facts.added,
        name=facts.name,
        score=score,
        difference=float(gained.value) if gained else score - against,
        interval=(float(low), float(high)) if gained else None,
    )


def _compared(difference: Difference, candidate: str, told: Comparison | None) -> Compared:
    facts = difference.model_dump()
    if told is None:
        return Compared(**facts, candidate=candidate)
    return Compared(
        **facts,
        candidate=candidate,
        outcome=told.outcome,
        small=told.small,
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
