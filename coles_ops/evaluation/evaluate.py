"""Finalists and baselines evaluated alike, into one long table; from it the leaderboard and the verdict."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coles_ops.artefacts import fingerprint, intact
from coles_ops.artefacts.evaluation import FOLD, PROBE, REPEAT, REPRESENTATION, SEED, Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.looks import looks
from coles_ops.artefacts.trials import Trials
from coles_ops.config import ConfigError
from coles_ops.config import Evaluation as Settings
from coles_ops.embedding import device_of
from coles_ops.evaluation.entry import Entry, Place
from coles_ops.evaluation.leaderboard import Row, build_leaderboard
from coles_ops.evaluation.procedure import COLES, as_one, best_overall, choose, places_of
from coles_ops.evaluation.remarks import hindrance, remarks
from coles_ops.evaluation.schedule import Schedule
from coles_ops.evaluation.verdict import AGGREGATES, JOINED, reach_verdict
from coles_ops.protocols import Clients
from coles_ops.representations import REPRESENTATIONS, Factored, Representation, TrainedEncoder
from coles_ops.run import Run
from coles_ops.schema import CLIENT, DataError
from coles_ops.store import EventStore
from coles_ops.threads import limited_threads

log = logging.getLogger("coles.evaluate")


def evaluate_entries(run: Run, events: Events, trials: Trials) -> Evaluation:
    """Score the procedure and its baselines; write predictions, leaderboard, verdict and embeddings.

    In each fold the finalist that is best within the training clients is scored, and beside it what is to be compared
    with it. What was evaluated before is not evaluated again, unless its files are damaged or its encoder is another.

    Raises:
        DataError: no trial ended with an encoder.
        ConfigError: embeddings are asked for of what is not there.
        FaultError: the machine interrupts the evaluation again and again; all is kept.
    """
    config, target = run.config.evaluation, Evaluation.of(run.path, trials.fingerprint)
    finalists = _finalists(trials)
    if not finalists:
        raise DataError(
            f"none of {len(trials.records())} trials has an encoder to evaluate; their errors are in {trials.path}"
        )
    probe, clients = config.probes[0].name, Clients.of(events.store)
    places = frozenset((fold.repeat, fold.number) for fold in config.protocol.outer_folds(clients))
    everything: list[Representation] = [
        *finalists,
        *(each for each, _ in _beside(finalists, dict.fromkeys(places, finalists[0].spec), config)),
    ]
    factors = [Factored.of(each, run.config.dataset) for each in config.representations]
    everything += factors
    _refuse_unknown(config.embeddings, everything)
    threads = max(1, int(run.config.resources.cpus_per_trial), run.config.resources.cores // len(everything))

    def entry(representation: Representation, wanted: frozenset[Place]) -> Entry:
        return Entry(representation, wanted, events.store_path, events.fingerprint, target, run.config, threads)

    with Schedule(run.config, log) as schedule:
        candidates = [entry(finalist, places) for finalist in finalists]
        schedule.run(candidates)
        choices = target.choices(*(finalist.id for finalist in finalists))
        choice = choose(choices, probe)
        beside = [entry(each, wanted) for each, wanted in _beside(finalists, choice, config)]
        beside += [entry(each, places) for each in factors]
        schedule.run(beside)
    winner = next(each for each in finalists if each.spec == best_overall(choices, probe))
    evaluated = [*candidates, *beside]
    embedded = [_write_embeddings(each) for each in _wanted(config.embeddings, evaluated)]
    key = fingerprint([each.made_from for each in evaluated], run.id)
    if target.outcome_intact(key):
        return target.model_copy(update={"cached": not (schedule.evaluated or any(embedded))})
    others = [each.representation.id for each in beside if not each.representation.permutes]
    scored = _sorted(pd.concat([as_one(target.predictions(*_ids(finalists)), choice), target.predictions(*others)]))
    inner = pd.concat([as_one(choices, choice), target.choices(*others)], ignore_index=True)
    rows = _rows(target, finalists, winner, others)
    board = build_leaderboard(scored, inner, rows, config, events.store.schema.target)
    trained = trials.folder(winner.id).record()
    assert trained is not None, "a trial without an end has won"
    verdict = reach_verdict(
        scored,
        {row: facts.name for row, facts in rows.items()} | {COLES: winner.name},
        COLES,
        winner.id,
        config,
        events.store.schema.target,
        candidates=rows[COLES].candidates,
        hindered=hindrance(target, trained, run.config),
        others=[JOINED],
        remarks=remarks(trials, clients, config, looks(_labels(events.store), key)),
    )
    target.write_outcome(scored, board, verdict, key)
    return target


def _labels(store: EventStore) -> str:
    """Fingerprint of all labels: of the same data by any settings."""
    rows = np.flatnonzero(store.schema.target.known(store.labels))
    return fingerprint(store.ids[rows].tolist(), store.labels[rows].tolist())


def _finalists(trials: Trials) -> list[TrainedEncoder]:
    """Of each finalist as many seeds as all of them have."""
    found = trials.finalists()
    seeds = min((len(records) for records in found.values()), default=0)
    return [
        TrainedEncoder.of(trials, record, spec, seed)
        for spec, records in found.items()
        for seed, record in enumerate(records[:seeds])
    ]


def _beside(
    finalists: Sequence[TrainedEncoder], choice: Mapping[Place, str], config: Settings
) -> list[tuple[Representation, frozenset[Place]]]:
    """What is scored beside them, and in which folds: where the finalist was chosen."""
    found: dict[str, tuple[Representation, set[Place]]] = {}
    for encoder in finalists:
        for name in REPRESENTATIONS.names():
            if each := REPRESENTATIONS.get(name).beside(encoder, config):
                found.setdefault(each.id, (each, set()))[1].update(places_of(choice, encoder.spec))
    return [(each, frozenset(places)) for each, places in found.values() if places]


def _rows(
    target: Evaluation, finalists: Sequence[TrainedEncoder], winner: TrainedEncoder, others: Sequence[str]
) -> dict[str, Row]:
    """What is known of the rows of the long table, from the records of what they are made of."""
    records = {record.representation: record for record in target.records()}
    candidates = len({each.spec for each in finalists})
    found = {COLES: Row.of(f"CoLES ({winner.name})", [records[each.id] for each in finalists], candidates)}
    for name in dict.fromkeys(records[each].row for each in others):
        own = [records[each] for each in others if records[each].row == name]
        alone = name == AGGREGATES or own[0].kind == Factored.kind()
        found[name] = Row.of(own[0].name, own, 1 if alone else candidates)
    return found


def _ids(representations: Sequence[Representation]) -> list[str]:
    return [each.id for each in representations]


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    first = [REPRESENTATION, SEED, PROBE, REPEAT, FOLD]
    table = table.sort_values([*first, CLIENT], ignore_index=True)
    return table[[*first, *(column for column in table if column not in first)]]


def _refuse_unknown(wanted: str | list[str], there: Sequence[Representation]) -> None:
    known = {each.id for each in there} | {each.row for each in there}
    if unknown := [name for name in wanted if name not in known] if isinstance(wanted, list) else []:
        raise ConfigError(f"evaluation.embeddings: there is no {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _wanted(wanted: str | list[str], there: list[Entry]) -> list[Entry]:
    """Those whose features of all clients are written."""
    if wanted == "all":
        return there
    return [entry for entry in there if {entry.representation.id, entry.representation.row} & set(wanted)]


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
