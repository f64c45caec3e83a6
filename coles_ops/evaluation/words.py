"""The verdict as people read it: the same words in report, W&B and console."""

from collections.abc import Collection

import numpy as np

from coles_ops.artefacts.evaluation import Compared, Verdict
from coles_ops.schema import Outcome
from coles_ops.targets import Target

AS_PUBLISHED = (
    "This protocol repeats two defects of the study of 2023, to show their size: trees are as many as is best for the "
    "clients that are scored, and what is called precision is recall. Its figures are flattered."
)


def sentence(verdict: Verdict, first: str = "") -> str:
    """Outcome, figures, and what these clients could have told.

    Args:
        verdict: all but its sentence.
        first: what is to be said before, as a gate that is not passed.
    """
    told = verdict.compared
    scores = (
        f"{verdict.metric} {told.score:.3f} against {verdict.baseline_score:.3f}: difference {told.difference:+.3f}"
    )
    if told.interval is not None:
        scores += f", {verdict.confidence:.0%} interval {told.interval[0]:+.3f} to {told.interval[1]:+.3f}"
    parts = [
        f"CoLES ({verdict.winner_name}) against plain aggregates: {outcome(told, verdict.delta)}",
        f"{scores}, over {verdict.n_clients:,} clients",
    ]
    if told.detectable is not None:
        parts.append(_could(told, verdict))
    return ". ".join([first[:1].upper() + first[1:], *parts] if first else parts) + "."


def outcome(told: Compared, delta: float) -> str:
    """One of four, with its size where that is known."""
    if told.outcome is Outcome.EQUIVALENT:
        return f"{told.outcome} within {delta:g}"
    within = told.outcome is not Outcome.UNDECIDED and told.small
    return f"{told.outcome}, though by less than {delta:g}" if within else str(told.outcome)


def limits(n_seeds: int, n_repeats: int) -> list[str]:
    """What an interval does not hold."""
    found = []
    if n_seeds == 1:
        found.append("One seed was trained: the interval does not hold what another would have given.")
    if n_repeats == 1:
        found.append("Clients were dealt out once: the interval takes the models as they were trained.")
    return found


def best_by_chance(scores: Collection[float], labels: np.ndarray, target: Target) -> str:
    """What the best of as many trials that know nothing would have scored on the clients that tuned.

    Args:
        scores: of every trial.
        labels: (N,) of those clients.
        target: what they are.
    """
    mean, bound = target.best_of_noise(len(scores), labels)
    tuning = f"tuning {target.metric.title} of {'at most ' * target.metric.at_most}"
    trials = "one trial" if len(scores) == 1 else f"the best of {len(scores)} trials"
    return (
        f"Without knowing anything of the label, {trials} would have had a {tuning}{mean:.3f} by chance, and "
        f"in one of twenty searches of {bound:.3f} or more; the winner's was {max(scores):.3f}."
    )


def looks(number: int) -> str:
    """How often these labels told a verdict, this one included."""
    if number == 1:
        return "These labels were looked at for the first time in this home."
    return (
        f"This is look {number} at these labels in this home: the more there are, the likelier one pleases by chance."
    )


def _could(told: Compared, verdict: Verdict) -> str:
    seen = f"A true difference of {told.detectable:.3f} would be seen four times in five"
    if told.labels is None:
        return f"{seen}; to see one of {verdict.delta:g}, more seeds are needed before more labels"
    if told.labels <= verdict.n_clients:
        return f"{seen}; to see one of {verdict.delta:g}, these clients are enough"
    return f"{seen}; to see one of {verdict.delta:g}, about {_rounded(told.labels):,} labels must be scored"


def _rounded(number: int) -> int:
    """To two digits: more are not known."""
    return int(float(f"{number:.1e}"))
