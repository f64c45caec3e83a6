"""Questions that come before any comparison."""

from dataclasses import dataclass

from coles_ops.schema import Outcome
from coles_ops.statistics.crossfit import Scored, gain
from coles_ops.statistics.estimate import Estimate, estimate
from coles_ops.statistics.metrics import Metric
from coles_ops.statistics.outcomes import compare


@dataclass(frozen=True)
class Gate:
    """Whether it is passed, and what is to be said if not."""

    passed: bool
    words: str  # empty where it is passed


def learnt(winner: Scored, untrained: Scored, delta: float, confidence: float) -> Gate:
    """Whether training did anything for this label: the winner against the same encoder untrained."""
    (found,) = compare([estimate(gain(winner, untrained))], delta, confidence)
    if found.outcome is Outcome.BETTER:
        return Gate(True, "")
    against = f"against its untrained twin: {found.difference.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
    if found.difference.value <= 0 or found.small:
        return Gate(False, f"the encoder learnt nothing usable about this label ({against})")
    return Gate(False, f"nothing shows that the encoder learnt anything usable about this label ({against})")


def at_chance(permuted: Estimate, metric: Metric, confidence: float = 0.999) -> Gate:
    """Whether a probe fitted on permuted labels knows nothing of them, as it must: else labels leak into the scores."""
    low, high = permuted.interval(confidence)
    chance = metric.chance
    assert chance is not None, "of labels nobody knows, nobody knows the score"
    if low <= chance and (chance <= high or metric.at_most):
        return Gate(True, "")
    found, known = f"{permuted.value:.3f} [{low:.3f}, {high:.3f}]", f"{'at most ' * metric.at_most}{chance:.3f}"
    return Gate(False, f"on permuted labels the probe scores {found} and not {known}: labels leak into the scores")
