"""The verdict as people read it: the same words in report, W&B and console."""

from collections.abc import Collection, Mapping

import numpy as np

from coles_ops.artefacts.verdict import Compared, Difference, Verdict
from coles_ops.schema import Outcome
from coles_ops.targets import Target

AS_PUBLISHED = (
    "This protocol repeats defects of the study of 2023, to show their size: the number of trees, the finalist and the "
    "family are those that are best for the clients who are scored, and what is called precision is recall. Its "
    "figures are flattered. Among additions nothing is chosen: the first by name stands for the best."
)


def use(told: Compared, verdict: Verdict) -> str:
    """Which representation to use: outcome, figures, and what these clients could have told."""
    said = outcome(told, verdict.delta)
    if told.outcome is Outcome.BETTER:
        first = f"Use {told.candidate} rather than plain aggregates: {said}"
    elif told.outcome is Outcome.WORSE:
        first = f"Use plain aggregates: the best other representation, {told.candidate}, is {said}"
    else:
        first = f"Plain aggregates or the best other representation, {told.candidate}: {said}"
    return _with_figures(first, told, verdict)


def add(told: Compared, verdict: Verdict) -> str:
    """Whether a representation adds to plain aggregates, in the same way."""
    helps = {
        Outcome.BETTER: f"Adding {told.candidate} to plain aggregates helps",
        Outcome.WORSE: f"Adding {told.candidate} to plain aggregates harms",
        Outcome.EQUIVALENT: f"Adding {told.candidate} to plain aggregates changes nothing that matters",
        Outcome.UNDECIDED: f"Whether adding {told.candidate} to plain aggregates helps",
    }
    return _with_figures(f"{helps[told.outcome]}: {outcome(told, verdict.delta)}", told, verdict)


def coles(told: Compared, verdict: Verdict) -> str:
    """What CoLES is against plain aggregates, in the same way."""
    first = f"{told.candidate} against plain aggregates: {outcome(told, verdict.delta)}"
    return _with_figures(first, told, verdict)


def _with_figures(first: str, told: Compared, verdict: Verdict) -> str:
    scores = (
        f"{verdict.metric} {told.score:.3f} against {verdict.baseline_score:.3f}: difference {told.difference:+.3f}"
    )
    if told.interval is not None:
        scores += f", {verdict.confidence:.0%} interval {told.interval[0]:+.3f} to {told.interval[1]:+.3f}"
    parts = [first, f"{scores}, over {verdict.n_clients:,} clients"]
    if _clear_but_for_others(told):
        tested = sum(each.p is not None for each in verdict.compared)
        parts.append(f"On its own that would be clear; as one of {tested} comparisons it is not")
    if told.detectable is not None:
        parts.append(_could(told, verdict))
    return ". ".join(parts) + "."


def sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def difference(told: Difference | None) -> str:
    """With its interval, as "+0.031 [+0.012, +0.050]"; empty where there is none."""
    return "" if told is None else signed(told.difference, told.interval)


def signed(value: float, interval: tuple[float, float] | None) -> str:
    """A difference and its interval, in the same way."""
    return f"{value:+.3f}" + (f" [{interval[0]:+.3f}, {interval[1]:+.3f}]" if interval else "")


def family_name(family: str) -> str:
    """What tables call a family."""
    return {"all": "all families", "coles": "CoLES", "aggregates": "plain aggregates"}.get(family, family)


def row_name(title: str, added: bool, best: bool) -> str:
    """What tables call a row.

    Args:
        title: of its candidate that is best within the training clients of all folds.
        added: whether it is added to the aggregates.
        best: whether the candidates are of all families.
    """
    name = f"aggregates + {title}" if added else title
    return f"best {'addition' if added else 'representation'}: {name}" if best else name


def chosen(added: bool, counts: Mapping[str, int]) -> str:
    """Which candidates are scored in how many folds, the most frequent first."""
    total, (first, *others) = sum(counts.values()), sorted(counts, key=lambda name: -counts[name])
    found = [f"{first} in {counts[first]} of {total} folds", *(f"{name} in {counts[name]}" for name in others)]
    return f"The best {'addition' if added else 'representation'} within the training clients: {', '.join(found)}."


def embeds_nobody(title: str, winner: str) -> str:
    """That a row predicts by itself, and by what clients are embedded for use."""
    return (
        f"{title} is taught anew in each fold and is no encoder to keep: clients are embedded by {winner}, as it was "
        "before labels taught it."
    )


def outcome(told: Compared, delta: float) -> str:
    """One of four, with its size where that is known."""
    if told.outcome is Outcome.EQUIVALENT:
        return f"{told.outcome} within {delta:g}"
    within = told.outcome is not Outcome.UNDECIDED and told.small
    return f"{told.outcome}, though by less than {delta:g}" if within else str(told.outcome)


def limits(n_seeds: int, dealt_once: bool) -> list[str]:
    """What an interval does not hold."""
    found = []
    if n_seeds == 1:
        found.append("One seed was trained: the interval does not hold what another would have given.")
    if dealt_once:
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
        f"in one of twenty searches of {bound:.3f} or more; the best trial's, of one seed each, was {max(scores):.3f}."
    )


def looks(number: int) -> str:
    """How often these labels told a verdict, this one included."""
    if number == 1:
        return "These labels were looked at for the first time in this home."
    return (
        f"This is look {number} at these labels in this home: the more there are, the likelier one pleases by chance."
    )


def _clear_but_for_others(told: Compared) -> bool:
    """Whether its interval lies on one side of zero, and what else is compared leaves it undecided."""
    if told.outcome is not Outcome.UNDECIDED or told.p is None or told.interval is None:
        return False
    return told.interval[0] > 0 or told.interval[1] < 0


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
