"""What a score loses where one column of the events is shuffled: how much a representation draws from it.

Nothing is fitted to shuffled events (permutation importance: Breiman 2001; Fisher, Rudin and Dominici 2019). Probes are
those of the first repeat, taught by events as they are; who is scored is described anew. Nothing is chosen by it.

N clients whose events are shuffled, E events of them, P columns of a prediction.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import numpy as np

from coles_ops.artefacts import code_version, fingerprint, intact
from coles_ops.artefacts.evaluation import COMPLEXITY, FOLD, PROBE, REPEAT
from coles_ops.artefacts.shuffling import ORDER, Drop, Shuffling, Shufflings
from coles_ops.embedding import device_of
from coles_ops.embedding.reader import open_reader
from coles_ops.evaluation.entry import Entry
from coles_ops.evaluation.folds import of_fold
from coles_ops.evaluation.learning import fewer
from coles_ops.evaluation.procedure import best_overall
from coles_ops.evaluation.rows import AGGREGATES, COLES
from coles_ops.features import Features
from coles_ops.probes import Fitting, Labelled
from coles_ops.probes.base import Predict
from coles_ops.protocols import Clients, Fold
from coles_ops.protocols.folds import sampled
from coles_ops.representations import Described
from coles_ops.statistics import Design, Scored, UndefinedError, estimate, gain, score
from coles_ops.store import EventStore
from coles_ops.threads import limited_threads

log = logging.getLogger("coles.evaluate")

_EVENTS = 3_000_000  # described anew in all, of as many clients as they are of: seconds on two cores
_TEACHING = 10_000_000  # events, likewise, of the clients who teach the probes
_DRAWN = 16  # beside the seed: who is shuffled


class ShuffledStore(EventStore):
    """A store whose columns are dealt out anew for a while, in memory: its files stay as they are."""

    @contextmanager
    def shuffled(self, column: str, rows: np.ndarray, seed: int = 0) -> Iterator[None]:
        """Deal a column out anew among all events of some clients (N,); or ORDER, whole events of each client."""
        length = self.lengths[rows]
        owner = np.repeat(np.arange(len(rows)), length)  # (E,)
        place = np.arange(len(owner)) + (self.offsets[rows] + length - np.cumsum(length))[owner]  # (E,)
        order = np.random.default_rng(seed).permutation(len(owner))
        if column == ORDER:
            order = order[np.argsort(owner[order], kind="stable")]
        before = {name: self.columns[name][place] for name in (self.columns if column == ORDER else [column])}
        open_reader.cache_clear()  # a GPU has the events as they were
        try:
            for name, values in before.items():
                self.columns[name][place] = values[order]
            yield
        finally:
            for name, values in before.items():
                self.columns[name][place] = values
            open_reader.cache_clear()


def write_shuffled(entries: Sequence[Entry]) -> bool:
    """Shuffle for the aggregates, the best candidate and the best of CoLES; returns whether there was anything to do.

    Which these are, the training clients of all folds have said, by the first probe.

    Args:
        entries: evaluated: the aggregates and all candidates.
    """
    config, target = entries[0].config.evaluation, entries[0].target
    if config.protocol.as_published:
        return False
    told = list(_explained(entries))
    key = fingerprint([each.made_from for each in told], code_version(__name__))
    if intact(target.shuffled_file, key):
        return False
    target.write_shuffled(Shufflings(of=[shuffle_columns(each) for each in told]), key)
    log.info("columns were shuffled for %s", ", ".join(each.representation.title for each in told))
    return True


def _explained(entries: Sequence[Entry]) -> Iterator[Entry]:
    """By the first seed, those that describe clients: what predicts by itself would have to be taught anew."""
    target, probe = entries[0].target, entries[0].config.evaluation.probes[0].name
    there = [each for each in entries if isinstance(each.representation, Described)]
    base = next(each for each in there if each.representation.row == AGGREGATES)
    candidates = [each.representation for each in there if each is not base]
    rows = [AGGREGATES]
    for some in (candidates, [each for each in candidates if each.family == COLES]):
        if some:
            rows.append(best_overall(target.choices(*(each.id for each in some)), probe))
    return (next(each for each in there if each.representation.row == row) for row in dict.fromkeys(rows))


def shuffle_columns(entry: Entry) -> Shuffling:
    """Score an entry by its first probe, each column shuffled in turn, and then the order of the events.

    Returns:
        What is lost; nothing where a class is so rare that a fold lacks it, or that no interval can be given.
    """
    config, store = entry.config, ShuffledStore(entry.store)
    clients, protocol, seed = Clients.of(store), config.evaluation.protocol, config.evaluation.seed
    tried = [*store.columns, ORDER]
    folds = [fold for fold in protocol.outer_folds(clients) if fold.repeat == 0]
    scored = np.sort(np.concatenate([fold.test for fold in folds]))
    long = max(1.0, store.lengths[scored].mean())
    share = min(1.0, _EVENTS / (len(tried) * len(scored) * long))
    rows = scored[sampled(clients.stratum[scored], clients.group[scored], share, [seed, _DRAWN])]  # (N,)
    number = np.zeros(len(rows), int)  # (N,)
    for fold in folds:
        number[np.isin(rows, fold.test)] = fold.number
    folds = [fewer(fold, int(_TEACHING / long), clients, protocol.seed) for fold in folds]
    labelled = np.unique(np.concatenate([rows, *(fold.train for fold in folds)]))
    with limited_threads(config.resources.cores):
        assert isinstance(entry.representation, Described)
        featurizer = entry.representation.describe(store, config.embedding, device_of(config.resources))
        features = featurizer(labelled)

    def of(rows: np.ndarray) -> Features:
        return features[np.searchsorted(labelled, rows)]

    taught = {fold.number: _taught(entry, clients, fold, of(fold.train)) for fold in folds}
    design = Design(clients.label[rows], number[None], clients.group[rows])

    def scored_by(features: Features) -> Scored:
        found = np.empty((1, 1, len(rows), len(clients.target.columns)))  # of one seed and repeat
        for fold, predict in taught.items():
            found[0, 0, number == fold] = predict(features[number == fold])
        return score(clients.target.metric, design, found)

    def drop(column: str, described: Features, whole: Scored) -> Drop:
        with store.shuffled(column, rows, seed), limited_threads(config.resources.cores):
            shuffled = featurizer(rows)
        read = (shuffled != described).sum() > 0
        lost = estimate(gain(whole, scored_by(shuffled)))
        low, high = lost.interval(config.evaluation.confidence)
        return Drop(column=column, lost=float(lost.value), interval=(float(low), float(high)), read=bool(read))

    told = Shuffling(
        representation=entry.representation.id, name=entry.representation.title, probe=config.evaluation.probes[0].name,
        scored=len(scored), clients=len(rows),
    )  # fmt: skip
    with suppress(UndefinedError):
        with limited_threads(config.resources.cores):
            described = featurizer(rows)  # anew: among others the last bits are others
        whole = scored_by(described)
        drops = [drop(column, described, whole) for column in tried]
        return told.model_copy(update={"score": float(whole.values.mean()), "drops": drops})
    return told


def _taught(entry: Entry, clients: Clients, fold: Fold, features: Features) -> Predict:
    """The first probe as it was fitted in a fold, on features (N, F) of those who teach."""
    probe, choices = entry.config.evaluation.probes[0], entry.target.choices(entry.representation.id)
    own = choices[(choices[PROBE] == probe.name) & (choices[REPEAT] == fold.repeat) & (choices[FOLD] == fold.number)]
    how = of_fold(Fitting(clients.target, entry.threads, entry.config.evaluation.seed), fold)
    train = Labelled(features, clients.label[fold.train])
    with limited_threads(entry.threads):
        columns = probe.seen(train, how)
        predict = probe.model(train.seeing(columns), own[COMPLEXITY].item(), how)
    return lambda features: predict(features[:, columns])
