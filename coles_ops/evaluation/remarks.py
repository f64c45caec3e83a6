"""What a verdict rests on beside its comparison: what chance would have given, and how often labels were looked at."""

from contextlib import suppress

import numpy as np

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Evaluation as Settings
from coles_ops.evaluation import words
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.protocols import Clients
from coles_ops.statistics import UndefinedError, at_chance, estimate

PERMUTED = "permuted_labels"


def remarks(evaluation: Evaluation, trials: Trials, clients: Clients, config: Settings, look: int) -> list[str]:
    """Sentences for the user.

    Args:
        evaluation: predictions of permuted labels among it.
        trials: all of the search.
        clients: with the labels that trials were compared by.
        config: protocol and probes.
        look: which look at these labels it is.
    """
    tuned = np.unique(np.concatenate([fold.test for fold in config.protocol.tuning_folds(clients)]))
    tried = {record.trial: record.probe_roc_auc for record in trials.records()}
    scores = [score for trial in trials.search.rounds[0].scores if (score := tried[trial]) is not None]
    permuted = OutOfFold.of(evaluation.predictions(PERMUTED), config.probes[0].name).scored(PERMUTED)
    if config.protocol.as_published:
        return [words.AS_PUBLISHED]
    found = [words.best_by_chance(scores, clients.label[tuned]), words.looks(look)]
    with suppress(UndefinedError):  # too few clients for an interval: the verdict says so
        found.append(at_chance(estimate(permuted), 0.5).words)
    return [remark for remark in found if remark]
