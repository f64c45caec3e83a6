"""What a verdict rests on beside its comparison: what stands against any, what chance gives, how often labels told."""

from contextlib import suppress

import numpy as np

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.trial import TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config
from coles_ops.config import Evaluation as Settings
from coles_ops.evaluation import words
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.protocols import Clients
from coles_ops.statistics import UndefinedError, at_chance, estimate
from coles_ops.training import too_short

PERMUTED = "permuted_labels"


def hindrance(evaluation: Evaluation, winner: TrialRecord, config: Config) -> str:
    """Why nothing may be compared: a training below the floor of steps, or probes that know permuted labels.

    Args:
        evaluation: predictions of permuted labels among it.
        winner: how its training ended.
        config: floor, protocol and probes.
    """
    if why := too_short(winner, config.search.min_steps):
        return why
    if config.evaluation.protocol.as_published:  # it leaks, and says so
        return ""
    permuted = OutOfFold.of(evaluation.predictions(PERMUTED), config.evaluation.probes[0].name).scored(PERMUTED)
    with suppress(UndefinedError):  # too few clients for an interval: the verdict says so
        return at_chance(estimate(permuted), permuted.metric).words
    return ""


def remarks(trials: Trials, clients: Clients, config: Settings, look: int) -> list[str]:
    """Sentences for the user.

    Args:
        trials: all of the search.
        clients: with the labels that trials were compared by.
        config: protocol.
        look: which look at these labels it is.
    """
    tuned = np.unique(np.concatenate([fold.test for fold in config.protocol.tuning_folds(clients)]))
    tried = {record.trial: record.probe_score for record in trials.records()}
    scores = [score for trial in trials.search.rounds[0].scores if (score := tried[trial]) is not None]
    published = [words.AS_PUBLISHED] if config.protocol.as_published else []
    return [*published, words.best_by_chance(scores, clients.label[tuned], clients.target), words.looks(look)]
