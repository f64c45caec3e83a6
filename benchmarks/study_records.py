"""What a run of the study's protocol found, scored as it should be and as the study published it.

Both read the same trained encoders, so nothing is trained twice: what differs is how trees are counted, from where on a
client is called positive, and what is called precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from benchmarks.jobs import Record, runs_of
from coles_ops.aggregates.options import Aggregation
from coles_ops.artefacts.evaluation import PROBE, REPRESENTATION, Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trials import Trials
from coles_ops.evaluation.compare import put_side_by_side
from coles_ops.evaluation.entry import Entry, evaluate_entry
from coles_ops.evaluation.leaderboard import Row, build_leaderboard
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.rows import AGGREGATES, COLES, RANDOM
from coles_ops.protocols import Clients, Protocol
from coles_ops.protocols.study import StudyAsPublished
from coles_ops.representations import Aggregates, RandomEncoder, Representation, TrainedEncoder
from coles_ops.run import Run
from coles_ops.statistics import estimate, gain

NO_CATEGORIES = "aggregates_without_categories"  # what the study's aggregates of clicks were
BASE = {"encoder": "gru", "sampler": "sample_slices", "size": 64}  # from which one thing at a time is changed
SCORES = ("f1", "roc_auc", "recall", "precision", "accuracy")
_JOINED = ("study_transactions", "study_clickstream")  # what the run of both modalities is put beside


def record_of(run: Run) -> Record:
    """Scores of every encoder and baseline by both protocols, and what stands beside them."""
    trials, evaluation = Trials.of(run.path), Evaluation.of(run.path)
    verdict, events = evaluation.verdict(), Events.among(run.store_folders)
    encoders = [TrainedEncoder.of(trials, found[0], spec) for spec, found in trials.finalists().items()]
    there = {record.representation for record in evaluation.records()}
    twins = [twin for twin in map(RandomEncoder.twin, encoders) if twin.id in there]
    compared = [Aggregates(options=run.config.evaluation.aggregates), *twins, *encoders]
    poor = Aggregates(id=NO_CATEGORIES, name="aggregates without categories", options=Aggregation(blocks=("activity",)))
    protocol = run.config.evaluation.protocol
    swapped = StudyAsPublished(**protocol.model_dump(exclude={"name"}))
    with TemporaryDirectory() as scratch:
        beside = _evaluated(run, events, [poor], protocol, Path(scratch) / "here")
        published = _evaluated(run, events, [*compared, poor], swapped, Path(scratch) / "published")
        here = _scores(run, evaluation, compared, protocol) | _scores(run, beside, [poor], protocol)
        leaky = _scores(run, published, [*compared, poor], swapped)
    base = next(each.row for each in encoders if _about(each).items() >= BASE.items())
    ahead = _ahead(evaluation.predictions(*(each.id for each in compared)), base, verdict.probe)
    rows = [_about(each) | {"here": here[each.row], "as_published": leaky[each.row]} for each in (*compared, poor)]
    chosen = evaluation.leaderboard().set_index([PROBE, REPRESENTATION]).loc[(verdict.probe, COLES)]
    stages = run.manifest["stages"].values()
    return {
        "clients": len(events.store.lengths),
        "events": int(events.store.n_events),
        "labelled": int(Clients.of(events.store).known.sum()),
        "scored": verdict.n_clients,
        "positive": float(chosen["base_rate"]),
        "training": run.config.training.model_dump(mode="json", include={"steps", "batch_size", "sampler"}),
        "probe": run.config.evaluation.probes[0].model_dump(mode="json"),
        "seconds": sum(stage["seconds"] for stage in stages),
        "peak_mb": max(stage["peak_mb"] for stage in stages),
        "rows": [row | {"ahead": ahead.get(row["row"])} for row in rows],
        "chosen": {"name": chosen["candidate"], "roc_auc": float(chosen["roc_auc"])},
        "joined": _joined(run) if run.config.name == "study_both" else {},
    }


def _evaluated(
    run: Run, events: Events, representations: Sequence[Representation], protocol: Protocol, folder: Path
) -> Evaluation:
    """Evaluate by another protocol with the same parts and folds."""
    settings = run.config.evaluation.model_copy(update={"protocol": protocol})
    config, target = run.config.model_copy(update={"evaluation": settings}), Evaluation.of(folder)
    folds = protocol.outer_folds(Clients.of(events.store))
    places = frozenset((fold.repeat, fold.number) for fold in folds)
    for each in representations:
        entry = Entry(
            each, places, events.store_path, events.fingerprint, target, config, threads=run.config.resources.cores
        )
        evaluate_entry(entry)
    return target


def _scores(
    run: Run, evaluation: Evaluation, representations: Sequence[Representation], protocol: Protocol
) -> dict[str, dict[str, float]]:
    """Of each row what tables show of it; under the study's name for it, precision is recall."""
    ids, records = [each.id for each in representations], {each.representation: each for each in evaluation.records()}
    rows = {each.row: Row.of(each.family, each.name, [records[each.id]]) for each in representations}
    settings = run.config.evaluation.model_copy(update={"protocol": protocol})
    tables = evaluation.predictions(*ids), evaluation.choices(*ids)
    target = Evaluation.of(run.path).verdict().target
    board = build_leaderboard(*tables, rows, settings, target).set_index(REPRESENTATION)
    shown = [*SCORES, "roc_auc_low", "roc_auc_high"]
    return {row: {name: float(board.loc[row, name]) for name in shown} for row in rows}


def _about(each: Representation) -> dict[str, Any]:
    """What a row is."""
    if not isinstance(each, TrainedEncoder | RandomEncoder):
        return {"row": each.row, "kind": each.row}
    training = each.training
    what = {"encoder": training.encoder.name, "sampler": training.sampler.name, "size": training.encoder.size}
    return {"row": each.row, "kind": RANDOM if each.row == RANDOM else COLES} | what


def _ahead(predictions: pd.DataFrame, base: str, probe: str) -> dict[str, dict[str, list[float]]]:
    """How far each row is ahead of the aggregates and of the base, on the same clients: value, low and high."""
    found = OutOfFold.of(predictions, probe)
    scored = {row: found.scored(row) for row in found.predictions}
    return {
        row: {
            name: [float(told.value), *map(float, told.interval(0.95))]
            for name, other in ((AGGREGATES, AGGREGATES), ("base", base))
            if other != row
            for told in [estimate(gain(own, scored[other]))]
        }
        for row, own in scored.items()
    }


def _joined(run: Run) -> dict[str, list[Record]]:
    """By name of a run of one modality: what both know more of the same clients, row by row."""
    found = {}
    for name in _JOINED:
        for one in runs_of(name)[-1:]:
            pairs = put_side_by_side(one, run).pairs
            found[name] = [
                {
                    "row": pair.row,
                    "name": pair.name,
                    "one": pair.one,
                    "both": pair.other,
                    "difference": [float(pair.told.difference.value), pair.told.low, pair.told.high],
                    "outcome": pair.told.outcome,
                }
                for pair in pairs
                if pair.told
            ]
    return found
