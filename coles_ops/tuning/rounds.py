"""Successive halving (Jamieson and Talwalkar 2016, algorithm 1) in rounds that wait for all of their trials.

What goes on is decided when a round is over, by scores alone: whichever trial is faster, and however often the search
is cut, the same trials survive. All follows from the folders of the trials, so a search that begins again finds the
rounds it has been through. Nothing here knows Ray.
"""

import logging
import math
from collections.abc import Callable, Mapping

from coles_ops.artefacts.trial import ProbeRecord, Status, spec_id, trial_id
from coles_ops.artefacts.trials import RoundRecord, SearchRecord, WorkingTrials
from coles_ops.config import Config, Search, Training
from coles_ops.tuning.space import plan_trials

log = logging.getLogger("coles.search")

# Trains each of the trials up to so many steps, as far as that is not done; those that fail are closed as failed.
Train = Callable[[list[Training], int], None]


def run_rounds(config: Config, working: WorkingTrials, train: Train) -> SearchRecord:
    """Choose trials, train them in rounds after which the best go on, and the finalists by further seeds.

    Args:
        config: space and budgets.
        working: where trials work; those that are out are closed.
        train: does the work.
    """
    search, ends = config.search, [end for _, end in plan_rounds(config)]
    going = _first_trials(config, working, train, ends[0])
    rounds: list[RoundRecord] = []
    for number, end in enumerate(ends, 1):
        steps = end or _in_full(going)
        train(going, steps)
        scores = scores_of(working, going, steps)
        rounds.append(RoundRecord(steps=steps, scores=scores))
        survivors = set(best(scores, len(scores) if end is None else survivors_of(len(scores), search)))
        _close(working, [spec for spec in going if trial_id(spec) not in survivors], Status.PRUNED)
        going = [spec for spec in going if trial_id(spec) in survivors]
        log.info("round %d of %d: %d trials up to step %d, %d go on", number, len(ends), len(scores), steps, len(going))
    _close(working, going, Status.FINISHED)
    named, chosen = {trial_id(spec): spec for spec in going}, best(rounds[-1].scores, search.finalists)
    entrants = [again for name in chosen for again in by_seeds(named[name], search.seeds)]
    train(entrants, _in_full(entrants))
    _close(working, entrants, Status.FINISHED)
    return SearchRecord(rounds=rounds, finalists=_finalists(working, entrants))


def plan_rounds(config: Config) -> list[tuple[int, int | None]]:
    """Trials of each round, where none fails, and the steps up to which it goes; None, of the last, stands for all.

    Each goes ``search.reduction`` times as far as the one before. There are no more than it takes to get to the
    finalists.
    """
    search, count, steps = config.search, len(plan_trials(config)), config.search.first_round
    rounds: list[tuple[int, int | None]] = []
    while steps and steps < config.training.steps and survivors_of(count, search) < count:
        rounds.append((count, steps))
        count, steps = survivors_of(count, search), steps * search.reduction
    return [*rounds, (count, None)]


def survivors_of(trials: int, search: Search) -> int:
    """How many of so many go on after a round."""
    return min(trials, max(search.finalists, math.ceil(trials / search.reduction)))


def best(scores: Mapping[str, float], count: int) -> list[str]:
    """The trials with the best scores; of equal ones those whose id comes first."""
    return sorted(scores, key=lambda name: (-scores[name], name))[:count]


def by_seeds(spec: Training, count: int) -> list[Training]:
    """The same with so many seeds, its own first."""
    return [spec.model_copy(update={"seed": spec.seed + number}) for number in range(count)]


def scores_of(working: WorkingTrials, specs: list[Training], steps: int) -> dict[str, float]:
    """Trial to its best score in a round up to so many steps; without those that failed in it or before."""
    probes = {trial_id(spec): working.folder(trial_id(spec)).progress() for spec in specs}
    there = [trial_id(spec) for spec in specs if rests(spec, probes[trial_id(spec)], steps)]
    return {name: max(probe.probe_score for probe in _seen(probes[name], steps)) for name in there}


def rests(spec: Training, probes: list[ProbeRecord], steps: int) -> bool:
    """Whether a trial with these probes has nothing to train in a round up to so many steps."""
    if not probes or probes[-1].step >= min(steps, spec.steps):
        return bool(probes)
    scores = [probe.probe_score for probe in probes]
    stale = len(scores) - 1 - scores.index(max(scores))
    return spec.patience is not None and stale >= spec.patience


def _seen(probes: list[ProbeRecord], steps: int) -> list[ProbeRecord]:
    """Those up to the first at or after the end of a round: a trial stops at its own probes."""
    return [probe for before, probe in zip([0, *(p.step for p in probes)], probes, strict=False) if before < steps]


def _first_trials(config: Config, working: WorkingTrials, train: Train, end: int | None) -> list[Training]:
    """All trials of the first round; those that Optuna proposes, some at a time, are then trained already."""
    if config.search.algorithm != "optuna":
        return plan_trials(config)
    from coles_ops.tuning.suggest import Suggestions

    suggestions, drawn = Suggestions(config), list[Training]()
    while batch := suggestions.ask(min(config.search.proposals, config.search.trials - len(drawn))):
        steps = end or _in_full(batch)
        train(batch, steps)
        suggestions.tell(scores_of(working, batch, steps))
        drawn += batch
    return drawn


def _in_full(specs: list[Training]) -> int:
    return max((spec.steps for spec in specs), default=0)


def _close(working: WorkingTrials, specs: list[Training], status: Status) -> None:
    for spec in specs:
        if not (folder := working.folder(trial_id(spec))).record():
            folder.close(spec, status)


def _finalists(working: WorkingTrials, entrants: list[Training]) -> dict[str, list[str]]:
    ended, found = working.ended(), dict[str, list[str]]()
    for spec in entrants:
        if ended[trial_id(spec)].status is Status.FINISHED:
            found.setdefault(spec_id(spec), []).append(trial_id(spec))
    return found
