"""Every trial and baseline evaluated alike, into one long table; from it the leaderboard and the verdict."""

import logging
from collections.abc import Sequence

import numpy as np

from coles_ops.artefacts import fingerprint, intact
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status
from coles_ops.artefacts.trials import Trials
from coles_ops.config import ConfigError
from coles_ops.config import Evaluation as Settings
from coles_ops.embedding import device_of
from coles_ops.evaluation import words
from coles_ops.evaluation.entry import Entry, limited_threads
from coles_ops.evaluation.leaderboard import build_leaderboard, pick_winner, tuning_scores
from coles_ops.evaluation.schedule import Schedule
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.representations import REPRESENTATIONS, Representation, TrainedEncoder
from coles_ops.run import Run
from coles_ops.schema import CLIENT, LABEL, DataError, Part
from coles_ops.store import EventStore

log = logging.getLogger("coles.evaluate")


def evaluate_entries(run: Run, events: Events, trials: Trials) -> Evaluation:
    """Probe every trial and every baseline; write predictions, leaderboard, verdict and embeddings.

    The winner is the trial with the best validation ROC-AUC. Test clients decide nothing here: they are scored.
    What was evaluated before is not evaluated again, unless its files are damaged or its encoder is another.

    Raises:
        DataError: no trial ended with an encoder.
        ConfigError: embeddings are asked for of what is not there.
        FaultError: the machine interrupts the evaluation again and again; all is kept.
    """
    config, ended, target = run.config.evaluation, trials.records(), Evaluation.of(run.path, trials.fingerprint)
    candidates = [TrainedEncoder.of(trials, trial) for seeds in trials.finalists().values() for trial in seeds]
    if not candidates:
        raise DataError(f"none of {len(ended)} trials has an encoder to evaluate; their errors are in {trials.path}")
    total = len(candidates) + len(_baselines(candidates[0], config))
    _refuse_unknown(config.embeddings, [*candidates, *_baselines(candidates[0], config)])

    def entries(representations: Sequence[Representation]) -> list[Entry]:
        threads = max(1, int(run.config.resources.cpus_per_trial), run.config.resources.cores // total)
        return [
            Entry(each, events.store_path, events.fingerprint, target, run.config, threads) for each in representations
        ]

    with Schedule(run.config, total, log) as schedule:
        schedule.run(entries(candidates))
        tuned = target.predictions(*(each.id for each in candidates), probe=config.probes[0], part=Part.TUNE)
        found = tuning_scores(tuned)
        winner = next(each for each in candidates if each.id == pick_winner(found))
        schedule.run(entries(_baselines(winner, config)))
    evaluated = entries([*candidates, *_baselines(winner, config)])
    embedded = [_write_embeddings(entry) for entry in _wanted(config.embeddings, winner, evaluated)]
    failed = [trial.trial for trial in ended if trial.status is Status.FAILED]
    key = fingerprint([entry.made_from for entry in evaluated], failed)
    if target.outcome_intact(key):
        return target.model_copy(update={"cached": not (schedule.evaluated or any(embedded))})
    names = [entry.representation.id for entry in evaluated]
    table, records = target.predictions(*names), [r for r in target.records() if r.representation in names]
    board = build_leaderboard(table, records, ended, config)
    classes, called = EventStore(events.store_path).schema.classes, {r.representation: r.name for r in records}
    chance = words.best_by_chance(found.values(), tuned.drop_duplicates(CLIENT)[LABEL])
    target.write_outcome(board, reach_verdict(table, called, winner.id, config, classes, remarks=[chance]), key)
    return target


def _baselines(winner: TrainedEncoder, config: Settings) -> list[Representation]:
    """What it is compared with."""
    found = [REPRESENTATIONS.get(name).baseline(winner, config) for name in REPRESENTATIONS.names()]
    return [baseline for baseline in found if baseline]


def _refuse_unknown(wanted: str | list[str], there: Sequence[Representation]) -> None:
    known = {each.id for each in there}
    if unknown := [name for name in wanted if name not in known] if isinstance(wanted, list) else []:
        raise ConfigError(f"evaluation.embeddings: there is no {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _wanted(wanted: str | list[str], winner: Representation, there: list[Entry]) -> list[Entry]:
    """Those whose features of all clients are written."""
    names = {"winner": [winner.id], "all": [entry.representation.id for entry in there]}
    chosen = names[wanted] if isinstance(wanted, str) else wanted
    return [entry for entry in there if entry.representation.id in chosen]


def _write_embeddings(entry: Entry) -> bool:
    """Describe all clients, by all cores; returns whether there was anything to do."""
    name, config = entry.representation.id, entry.config
    if intact(entry.target.embeddings_file(name), entry.made_from):
        return False
    with limited_threads(config.resources.cores):
        store = EventStore(entry.store)
        featurizer = entry.representation.describe(store, config.embedding, device_of(config.resources))
        blocks = ((store.ids[rows], features) for rows, features in featurizer.blocks(np.arange(len(store.lengths))))
        entry.target.write_embeddings(name, blocks, entry.made_from)
    log.info("embedded %d clients by %s", len(store.lengths), entry.representation.name)
    return True
