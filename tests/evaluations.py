"""A finished evaluation of one trial and the baselines, made of a few predictions."""

from pathlib import Path

import pandas as pd

from coles_ops.artefacts.evaluation import Compared, Evaluation, RepresentationRecord, Verdict
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, Status
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config
from coles_ops.evaluation.leaderboard import build_leaderboard
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.representations import TrainedEncoder
from coles_ops.schema import Outcome


def finished_evaluation(run: Path, config: Config, name: str = "gru") -> tuple[Trials, Evaluation]:
    """Trial ``t`` of this name, aggregates and random encoder, below the folder of a run."""
    trials, evaluation = Trials.of(run), Evaluation.of(run, "e")
    trial = trials.folder("t")
    trial.write_running(RunningRecord(training=config.training, parameters=1))
    trial.write_progress([ProbeRecord(step=1, loss=0.5, probe_roc_auc=0.6, seconds=1.0, peak_mb=1.0)])
    trial.close(config.training, Status.FINISHED)
    kinds = {"t": TrainedEncoder.kind(), "aggregates": "aggregates", "random_encoder": "random_encoder"}
    for representation, kind in kinds.items():
        record = RepresentationRecord(
            representation=representation, kind=kind, name=name, seed=0, n_features=8, truncated_clients=0,
            embed_seconds=1.0, evaluate_seconds=1.0,
        )  # fmt: skip
        positive = pd.Series([0.1, 0.9, 0.4, 0.3] * 2)
        table = pd.DataFrame({
            "representation": representation, "seed": 0, "probe": config.evaluation.probes[0], "repeat": 0, "fold": 0,
            "client_id": list("abcdefgh"), "group_id": list("abcdefgh"), "part": ["tune"] * 4 + ["score"] * 4,
            "label": [0, 1] * 4, "p_0": 1 - positive, "p_1": positive,
        })  # fmt: skip
        evaluation.write_representation(record, table, "made")
    table = evaluation.predictions()
    board = build_leaderboard(table, evaluation.records(), trials.records(), config.evaluation)
    trained = board.representation == "t"
    board.loc[trained, ["encoder", "sampler"]] = name
    names = dict.fromkeys(kinds, name)
    evaluation.write_outcome(board, reach_verdict(table, names, "t", config.evaluation, ("no", "yes")), "made")
    return trials, evaluation


def verdict(outcome: str) -> Verdict:
    """One with this outcome."""
    compared = Compared(representation="t", name="gru", score=0.7, difference=0.1, outcome=Outcome(outcome))
    return Verdict(
        sentence="CoLES won.", remarks=[], winner="t", winner_name="gru", baseline="aggregates", baseline_score=0.6,
        probe="catboost", metric="ROC-AUC", protocol="holdout", confidence=0.95, delta=0.01, n_clients=10, n_groups=10,
        n_seeds=1, n_repeats=1, compared=compared, others=[],
    )  # fmt: skip
