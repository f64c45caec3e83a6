"""Candidates and baselines evaluated alike, into one long table; from it the leaderboard and the verdict."""

import logging
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from coles_ops.artefacts import fingerprint, intact
from coles_ops.artefacts.evaluation import FOLD, PROBE, REPEAT, REPRESENTATION, SEED, Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.looks import looks
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config, ConfigError
from coles_ops.embedding import device_of
from coles_ops.evaluation.entry import Entry, Place
from coles_ops.evaluation.leaderboard import build_leaderboard
from coles_ops.evaluation.procedure import Procedure, best_overall, choose, places_of
from coles_ops.evaluation.remarks import choices_told, hindrance, remarks, without_embeddings
from coles_ops.evaluation.rows import COLES, facts_of_rows, make_rows
from coles_ops.evaluation.schedule import Schedule
from coles_ops.evaluation.shuffled import write_shuffled
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.factors import Factor
from coles_ops.listed import Listed, Tuning
from coles_ops.protocols import Clients
from coles_ops.representations import (
    Aggregates,
    Described,
    Factored,
    Permuted,
    RandomEncoder,
    Representation,
    TrainedEncoder,
    TunedEncoder,
)
from coles_ops.run import Run
from coles_ops.schema import CLIENT, DataError
from coles_ops.store import EventStore
from coles_ops.threads import limited_threads
from coles_ops.training import too_short

log = logging.getLogger("coles.evaluate")


def evaluate_entries(run: Run, events: Events, trials: Trials) -> Evaluation:
    """Score procedures and baselines; write predictions, leaderboard, verdict and embeddings.

    Candidates of all families are evaluated in all folds, and the aggregates beside them. In each fold the candidate
    that is best within the training clients is scored: among all, and in each family. What was evaluated before is
    not evaluated again, unless its files are damaged or it is made from something else.

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
    probes, clients = [probe.name for probe in config.probes], Clients.of(events.store)
    label = events.store.schema.target
    places = frozenset((fold.repeat, fold.number) for fold in config.protocol.outer_folds(clients))
    listed = [_candidate(each, run.config, finalists[0]) for each in config.representations]
    candidates: list[Representation] = [*finalists, *listed]
    fixed = [Aggregates(options=config.aggregates), Permuted(options=config.aggregates)]
    twins = {encoder.id: RandomEncoder.twin(encoder) for encoder in finalists if encoder.family == COLES}
    everything = [*candidates, *fixed, *twins.values()]
    _refuse_unknown(config.embeddings, everything)
    threads = max(1, int(run.config.resources.cpus_per_trial), run.config.resources.cores // len(everything))

    def entry(representation: Representation, wanted: frozenset[Place]) -> Entry:
        return Entry(representation, wanted, events.store_path, events.fingerprint, target, run.config, threads)

    with Schedule(run.config, log) as schedule:
        evaluated = [entry(each, places) for each in (*candidates, *fixed)]
        schedule.run(evaluated)
        beside = [entry(twins[encoder.id], where) for encoder, where in _chosen(target, finalists, probes[0])]
        schedule.run(beside)
    shuffled = write_shuffled(evaluated[: len(candidates) + 1])  # the aggregates are the first beside them
    evaluated += beside
    winner = _best_encoder(target, finalists, probes[0])
    embedded = [_write_embeddings(each) for each in _wanted(config.embeddings, evaluated)]
    key = fingerprint([each.made_from for each in evaluated], run.id)
    if target.outcome_intact(key):
        return target.model_copy(update={"cached": not (schedule.evaluated or shuffled or any(embedded))})
    procedures = make_rows(target, candidates, probes, label)
    others = [fixed[0], *(each.representation for each in beside)]
    ids = [each.id for each in others]
    scored = _sorted(pd.concat([target.predictions(*ids), *(made.predictions for made in procedures)]))
    choices = pd.concat([target.choices(*ids), *(made.choices for made in procedures)], ignore_index=True)
    records = {record.representation: record for record in target.records()}
    rows = facts_of_rows(procedures, candidates, others, records)
    board = build_leaderboard(scored, choices, rows, config, label)
    titles = {each.row: each.title for each in candidates}
    look = looks(_labels(events.store), key)
    verdict = reach_verdict(
        scored,
        rows,
        (winner.id, winner.name, winner.family),
        config,
        label,
        hindered=hindrance(target, config),
        short=_short(run, trials, finalists, procedures),
        remarks=[
            *choices_told(procedures, titles),
            *without_embeddings(procedures, candidates, winner),
            *remarks(trials, clients, config, look),
        ],
    )
    target.write_outcome(scored, board, verdict, key)
    return target


def _candidate(listed: Listed, config: Config, encoder: TrainedEncoder) -> Representation:
    """What is listed, with the finalist by which encoders are tuned: the best by its tuning score, its first seed."""
    if isinstance(listed, Factor):
        return Factored.of(listed, config.dataset)
    assert isinstance(listed, Tuning), f"{listed.name} is neither a factor nor tuned"
    return TunedEncoder.of(listed, encoder, config.evaluation.aggregates)


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


def _chosen(
    target: Evaluation, finalists: Sequence[TrainedEncoder], probe: str
) -> Iterator[tuple[TrainedEncoder, frozenset[Place]]]:
    """Encoders of CoLES that are scored, and in which folds: where their untrained twins stand beside them."""
    own = [encoder for encoder in finalists if encoder.family == COLES]
    choice = choose(target.choices(*(encoder.id for encoder in own)), probe) if own else {}
    for encoder in own:
        if places := frozenset(places_of(choice, encoder.spec)):
            yield encoder, places


def _short(run: Run, trials: Trials, finalists: Sequence[TrainedEncoder], procedures: Sequence[Procedure]) -> str:
    """Why the best encoder of CoLES was not trained for long enough to be judged; empty where it was."""
    for made in procedures:
        if made.row == COLES:
            trained = trials.folder(next(each.id for each in finalists if each.spec == made.best)).record()
            assert trained is not None, "a trial without an end is a finalist"
            return too_short(trained, run.config.search.min_steps) or ""
    return ""


def _best_encoder(target: Evaluation, finalists: Sequence[TrainedEncoder], probe: str) -> TrainedEncoder:
    """The first seed of the finalist that was best within the training clients of all folds."""
    best = best_overall(target.choices(*(each.id for each in finalists)), probe)
    return next(each for each in finalists if each.spec == best)


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    first = [REPRESENTATION, SEED, PROBE, REPEAT, FOLD]
    table = table.sort_values([*first, CLIENT], ignore_index=True)
    return table[[*first, *(column for column in table if column not in first)]]


def _refuse_unknown(wanted: str | list[str], there: Sequence[Representation]) -> None:
    embed = [each for each in there if isinstance(each, Described)]
    known = {each.id for each in embed} | {each.row for each in embed}
    if unknown := [name for name in wanted if name not in known] if isinstance(wanted, list) else []:
        raise ConfigError(f"evaluation.embeddings: there is no {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _wanted(wanted: str | list[str], there: list[Entry]) -> list[Entry]:
    """Those whose features of all clients are written."""
    if wanted == "all":
        return [entry for entry in there if isinstance(entry.representation, Described)]
    return [entry for entry in there if {entry.representation.id, entry.representation.row} & set(wanted)]


def _write_embeddings(entry: Entry) -> bool:
    """Describe all clients, by all cores; returns whether there was anything to do."""
    name, config = entry.representation.id, entry.config
    if intact(entry.target.embeddings_file(name), entry.made_from):
        return False
    assert isinstance(entry.representation, Described)
    with limited_threads(config.resources.cores):
        store = EventStore(entry.store)
        featurizer = entry.representation.describe(store, config.embedding, device_of(config.resources))
        entry.target.write_embeddings(name, featurizer.of_all(store), entry.made_from)
    log.info("embedded %d clients by %s", len(store.lengths), entry.representation.name)
    return True
