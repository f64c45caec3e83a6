"""What a verdict rests on beside its comparison: what stands against any, what chance gives, how often labels told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Evaluation as Settings
from coles_ops.evaluation import words
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.procedure import Procedure
from coles_ops.evaluation.rows import BEST, BEST_ADDITION
from coles_ops.protocols import Clients
from coles_ops.representations import Predicting, Representation, TrainedEncoder
from coles_ops.statistics import UndefinedError, at_chance, estimate

PERMUTED = "permuted_labels"


def hindrance(evaluation: Evaluation, config: Settings) -> str:
    """Why nothing may be compared: probes know permuted labels.

    Args:
        evaluation: predictions of permuted labels among it.
        config: protocol and probes.
    """
    if config.protocol.as_published:  # it leaks, and says so
        return ""
    permuted = OutOfFold.of(evaluation.predictions(PERMUTED), config.probes[0].name).scored(PERMUTED)
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


def without_embeddings(
    procedures: Sequence[Procedure], candidates: Sequence[Representation], winner: TrainedEncoder
) -> list[str]:
    """That what is best predicts, and embeds nobody; nothing where clients are described by it.

    Args:
        procedures: rows.
        candidates: of them.
        winner: the encoder that is kept for use.
    """
    best = {made.best for made in procedures if made.row in (BEST, BEST_ADDITION)}
    found = dict.fromkeys(each.title for each in candidates if isinstance(each, Predicting) and each.row in best)
    return [words.embeds_nobody(title, winner.title) for title in found]


def choices_told(procedures: Sequence[Procedure], titles: Mapping[str, str]) -> list[str]:
    """What was chosen by the procedures of all families, where there was a choice.

    Args:
        procedures: rows.
        titles: of candidates, by their names.
    """
    return [
        words.chosen(made.added, Counter(titles[name] for name in made.choice.values()))
        for made in procedures
        if made.row in (BEST, BEST_ADDITION) and len(made.names) > 1
    ]
