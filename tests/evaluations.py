"""A finished evaluation of one trial and of what stands beside it, made of a few predictions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from stores import write_events, write_store
from tables import tiny_run

from coles_ops.artefacts.evaluation import Evaluation, RepresentationRecord
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status, spec_id, trial_id
from coles_ops.artefacts.trials import RoundRecord, SearchRecord, Trials, WorkingTrials
from coles_ops.artefacts.verdict import Compared, Verdict
from coles_ops.config import Config
from coles_ops.embedding import save_encoder
from coles_ops.encoders import build_encoder
from coles_ops.evaluation import evaluate_entries
from coles_ops.evaluation.leaderboard import Row, build_leaderboard
from coles_ops.evaluation.rows import AGGREGATES, BEST, BEST_ADDITION, COLES, RANDOM
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.protocols import Clients, Protocol
from coles_ops.representations import TrainedEncoder
from coles_ops.schema import Outcome
from coles_ops.store import EventStore
from coles_ops.targets import Classes
from coles_ops.tuning.trial import Trial

TARGET = Classes(names=("no", "yes"))
MADE = {
    COLES: (COLES, False), f"{AGGREGATES}+{COLES}": (COLES, True), BEST: ("all", False), BEST_ADDITION: ("all", True),
}  # fmt: skip


def row(family: str, added: bool, name: str, seeds: int = 1, candidates: int = 1) -> Row:
    """What is known of a row that nothing is known of."""
    return Row(family, added, name, name, seeds, candidates, 8, 0, 1.0, 1.0)


def finished_evaluation(
    run: Path, config: Config, name: str = "gru", scored: Sequence[str] = "efgh", store: EventStore | None = None
) -> tuple[Trials, Evaluation]:
    """Trial ``t`` of this name, aggregates, random encoder and the rows made of them, below the folder of a run.

    Four clients are scored; the trial has an encoder, untrained, of a store.
    """
    trials, evaluation = Trials.of(run), Evaluation.of(run, "e")
    trial = trials.folder("t")
    trial.write_running(RunningRecord(training=config.training, parameters=1))
    trial.write_progress([ProbeRecord(step=1, loss=0.5, probe_score=0.6, seconds=1.0, peak_mb=1.0)])
    if store:
        encoder = build_encoder(store.schema, config.training.built_encoder(store.schema), seed=0)
        save_encoder(trial.encoder, encoder, store.schema)
    trial.close(config.training, Status.FINISHED)
    rows = {AGGREGATES: row(AGGREGATES, False, "aggregates"), RANDOM: row(RANDOM, False, name)}
    rows |= {each: row(*about, name) for each, about in MADE.items()}
    scored, tables, found = list(scored), [], []
    for representation in rows:
        for probe in config.evaluation.probes:
            fit = {"representation": representation, "seed": 0, "probe": probe.name, "repeat": 0, "fold": 0}
            positive = pd.Series([0.1, 0.9, 0.4, 0.3])
            clients = {"client_id": scored, "group_id": scored, "label": [0, 1] * 2}
            tables.append(pd.DataFrame({**clients, "p_0": 1 - positive, "p_1": positive}).assign(**fit))
            found.append(pd.DataFrame([{**fit, "inner_score": 0.6, "complexity": 1.0, "threshold": 0.5}]))
    for representation, kind in {"t": TrainedEncoder.kind(), AGGREGATES: AGGREGATES, RANDOM: RANDOM}.items():
        record = RepresentationRecord(
            representation=representation, row=representation, family=kind, kind=kind, name=name, seed=0, n_features=8,
            truncated_clients=0, embed_seconds=1.0, evaluate_seconds=1.0,
        )  # fmt: skip
        inner = tables[-1].assign(inner_fold=0, client_id=range(4))
        evaluation.write_representation(record, tables[-1], found[-1], inner, "made")
    table = pd.concat(tables, ignore_index=True)
    board = build_leaderboard(table, pd.concat(found, ignore_index=True), rows, config.evaluation, TARGET)
    told = reach_verdict(table, rows, ("t", name, COLES), config.evaluation, TARGET)
    evaluation.write_outcome(table, board, told, "made")
    return trials, evaluation


def evaluated_by(protocol: dict, probes: list[dict], home: Path, folder: Path, **encoder: Any) -> tuple:
    """One encoder of two steps evaluated by a protocol: (run, events, evaluation)."""
    given = {"protocol": {"inner": 2, "least": 2, **protocol}, "probes": probes}
    run = tiny_run(
        folder / "world", training={"steps": 2, "encoder": {"name": "gru", "size": 8, **encoder}}, evaluation=given
    )
    place, spec, working = home / "store" / "tiny", run.config.training, WorkingTrials.of(run.path)
    store = _with_parts(write_store(place / "arrays", np.full(160, 25)), run.config.evaluation.protocol)
    run.uses(place)
    trial = Trial(spec, run.config, store, working.folder(trial_id(spec)), "cpu")
    trial.step()
    trial.folder.close(spec, Status.FINISHED)
    scores = {trial_id(spec): trial.history[-1].probe_score}
    finalists = {spec_id(spec): [trial_id(spec)]}
    working.publish("t", SearchRecord(rounds=[RoundRecord(steps=2, scores=scores)], finalists=finalists))
    events = write_events(place, store)
    return run, events, evaluate_entries(run, events, Trials.of(run.path))


def _with_parts(store: EventStore, protocol: Protocol) -> EventStore:
    """The same with the parts of a protocol; labels are of the days of 2024, and a fifth has none."""
    table = store.clients.copy()
    table["label"] = np.where(np.arange(len(table)) % 5 == 0, -1, np.arange(len(table)) // 5 % 2)
    days = np.datetime64("2024-01-01") + np.arange(len(table)) * 7919 % 366
    clients = Clients(table.label.to_numpy(), table.group_id.to_numpy(str), time=days.astype("datetime64[us]"))
    file = next(store.path.glob("clients.parquet"))
    table.assign(part=protocol.assign(clients).astype(str)).to_parquet(file, index=False)
    return EventStore(store.path)


def verdict(outcome: str) -> Verdict:
    """One with this outcome."""
    compared = Compared(
        representation=BEST, family="all", added=False, name="gru", candidate="gru", score=0.7, difference=0.1,
        outcome=Outcome(outcome),
    )  # fmt: skip
    return Verdict(
        sentences=["CoLES won."], remarks=[], trial="t", trial_name="gru", trial_row=COLES, baseline="aggregates",
        baseline_score=0.6, probe="catboost", target=TARGET, protocol="holdout", confidence=0.95, delta=0.01,
        n_clients=10, n_groups=10, n_seeds=1, n_repeats=1, compared=[compared], families=[],
    )  # fmt: skip
