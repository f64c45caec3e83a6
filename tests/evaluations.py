"""A finished evaluation of one trial and of what stands beside it, made of a few predictions."""

from pathlib import Path

import pandas as pd

from coles_ops.artefacts.evaluation import Compared, Evaluation, RepresentationRecord, Verdict
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config
from coles_ops.evaluation.leaderboard import Row, build_leaderboard
from coles_ops.evaluation.procedure import COLES
from coles_ops.evaluation.verdict import AGGREGATES, JOINED, RANDOM, reach_verdict
from coles_ops.representations import TrainedEncoder
from coles_ops.schema import Outcome
from coles_ops.targets import Classes


def finished_evaluation(run: Path, config: Config, name: str = "gru") -> tuple[Trials, Evaluation]:
    """Trial ``t`` of this name, aggregates, random encoder and both together, below the folder of a run."""
    trials, evaluation = Trials.of(run), Evaluation.of(run, "e")
    trial = trials.folder("t")
    trial.write_running(RunningRecord(training=config.training, parameters=1))
    trial.write_progress([ProbeRecord(step=1, loss=0.5, probe_score=0.6, seconds=1.0, peak_mb=1.0)])
    trial.close(config.training, Status.FINISHED)
    kinds = {"t": TrainedEncoder.kind(), **dict.fromkeys((AGGREGATES, RANDOM, JOINED), "")}
    rows: dict[str, Row] = {}
    target = Classes(names=("no", "yes"))
    scored, found = [], []
    for representation, kind in kinds.items():
        row = representation if kind == "" else COLES
        record = RepresentationRecord(
            representation=representation, row=row, kind=kind or row, name=name, seed=0, n_features=8,
            truncated_clients=0, embed_seconds=1.0, evaluate_seconds=1.0,
        )  # fmt: skip
        rows[row] = Row.of(name, [record])
        for probe in config.evaluation.probes:
            fit = {"representation": row, "seed": 0, "probe": probe.name, "repeat": 0, "fold": 0}
            positive = pd.Series([0.1, 0.9, 0.4, 0.3])
            clients = {"client_id": list("efgh"), "group_id": list("efgh"), "label": [0, 1] * 2}
            scored.append(pd.DataFrame({**clients, "p_0": 1 - positive, "p_1": positive}).assign(**fit))
            found.append(pd.DataFrame([{**fit, "inner_score": 0.6, "complexity": 1.0, "threshold": 0.5}]))
        evaluation.write_representation(record, scored[-1], found[-1], "made")
    table = pd.concat(scored, ignore_index=True)
    board = build_leaderboard(table, pd.concat(found, ignore_index=True), rows, config.evaluation, target)
    names = dict.fromkeys(rows, name)
    told = reach_verdict(table, names, COLES, "t", config.evaluation, target, others=[JOINED])
    evaluation.write_outcome(table, board, told, "made")
    return trials, evaluation


def verdict(outcome: str) -> Verdict:
    """One with this outcome."""
    compared = Compared(representation="t", name="gru", score=0.7, difference=0.1, outcome=Outcome(outcome))
    return Verdict(
        sentence="CoLES won.", remarks=[], winner="coles", winner_name="gru", trial="t", baseline="aggregates",
        baseline_score=0.6, probe="catboost", target=Classes(names=("no", "yes")), protocol="holdout",
        confidence=0.95, delta=0.01, n_clients=10, n_groups=10, n_seeds=1, n_repeats=1, compared=compared, others=[],
    )  # fmt: skip
