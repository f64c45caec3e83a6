"""Four outcomes of a comparison, and what the data could have told.

*better* and *worse*: the interval of the difference lies on one side of zero. *equivalent*: it lies within delta of
zero, as two one-sided tests have it (Schuirmann 1987), each of 2.5 % with an interval of 95 %: so that one interval
says it all, and that the error stays below 5 % where differences are skew; with fewer than 50 groups of a class they
are too skew for it. *undecided*: none of these, which says nothing for or against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from coles_ops.schema import Outcome
from coles_ops.statistics.estimate import Estimate, Figure

_FEWEST = 50  # groups of a class, for two rows to be called equivalent


@dataclass(frozen=True)
class Comparison:
    """A difference and what it tells."""

    difference: Estimate  # positive: ahead
    outcome: Outcome
    small: bool  # whether it is within delta of zero, also where it is not zero
    p: float  # two-sided p value of no difference, after Holm where several are compared
    low: float
    high: float  # interval of the difference by itself
    detectable: float | None  # smallest true difference called better in 80 of 100 such data sets; None without error
    labels: int | None  # clients to be scored so that delta is detectable; None: no number of them is enough


def compare(differences: Sequence[Estimate], delta: float, confidence: float) -> list[Comparison]:
    """What each difference tells: the more are compared, the stronger each must be (Holm 1979).

    Args:
        differences: of one estimate each, positive is ahead.
        delta: differences below are of no matter to the user.
        confidence: of the intervals; 1 less this bounds the chance that any of equal rows is called better or worse,
            and the chance that any is called equivalent which is not.
    """
    apart = holm([2 * min(float(d.above(0)), float(d.below(0))) for d in differences])
    close = holm([float(within(d, delta)) for d in differences])
    found = []
    for difference, p, small in zip(differences, apart, close, strict=True):
        ahead, equivalent = float(difference.value) > 0, 2 * small <= 1 - confidence
        told = Outcome.BETTER if ahead else Outcome.WORSE
        if p > 1 - confidence:
            told = Outcome.EQUIVALENT if equivalent else Outcome.UNDECIDED
        low, high = difference.interval(confidence)
        reach = float(detectable(difference, confidence)) or None
        labels = labels_needed(difference, delta, confidence) if reach else None
        found.append(Comparison(difference, told, equivalent, float(p), float(low), float(high), reach, labels))
    return found


def within(difference: Estimate, delta: float) -> Figure:
    """The p value of "not within delta of zero": of the less clear of two one-sided tests."""
    p = np.maximum(difference.above(-delta), difference.below(delta))
    return p if difference.n_rarest >= _FEWEST else np.ones_like(p)


def holm(p: Sequence[float]) -> np.ndarray:
    """The p values (M,) as they count among M hypotheses: that any true one is rejected is as rare as of one alone."""
    order = np.argsort(p)
    raised = np.minimum(np.maximum.accumulate(np.asarray(p, float)[order] * np.arange(len(p), 0, -1)), 1)
    return raised[np.argsort(order)]


def detectable(difference: Estimate, confidence: float, power: float = 0.8) -> np.ndarray:
    """Smallest true difference that is called better with this power."""
    return _quantiles(difference, confidence, power) * difference.error


def labels_needed(difference: Estimate, delta: float, confidence: float, power: float = 0.8) -> int | None:
    """Clients to be scored until ``delta`` is detectable, with classes and groups as they are here.

    All variance but that of seeds falls with their number: None where that of seeds alone is too large.
    """
    wanted = (delta / _quantiles(difference, confidence, power)) ** 2 - difference.seeds
    if wanted <= 0:
        return None
    return int(np.ceil(difference.n_clients * (difference.error**2 - difference.seeds) / wanted))


def _quantiles(difference: Estimate, confidence: float, power: float) -> np.ndarray:
    return student.ppf((1 + confidence) / 2, difference.freedom) + student.ppf(power, difference.freedom)
