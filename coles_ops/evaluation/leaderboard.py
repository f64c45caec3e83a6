"""The leaderboard: scores of the long table, beside what is known of representations and trials."""

from typing import Any

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import FOLD, PROBE, REPRESENTATION, RepresentationRecord
from coles_ops.artefacts.trial import METRIC, Status, TrialRecord
from coles_ops.config import Evaluation
from coles_ops.evaluation.bootstrap import auc_resamples, interval, resamples
from coles_ops.evaluation.metrics import roc_auc, scores
from coles_ops.representations import TrainedEncoder, trial_name
from coles_ops.schema import LABEL, PART, Part


def build_leaderboard(
    predictions: pd.DataFrame, records: list[RepresentationRecord], trials: list[TrialRecord], config: Evaluation
) -> pd.DataFrame:
    """A row a representation and probe, by probe and best on validation first; then the trials that failed.

    Args:
        predictions: the long table.
        records: of the representations in it.
        trials: all, for what a trial is and took.
        config: resamples, confidence and seed of the intervals.
    """
    by_trial = {trial.trial: trial for trial in trials}
    noted = {record.representation: record for record in records}
    rows = []
    for (representation, probe), table in predictions.groupby([REPRESENTATION, PROBE], sort=False):
        record = noted[representation].model_dump()
        figures = score(table, config)
        rows.append(record | _trial_facts(by_trial.get(representation)) | {PROBE: probe} | figures)
    failed = [trial for trial in trials if trial.status is Status.FAILED]
    rows += [
        {REPRESENTATION: trial.trial, "kind": TrainedEncoder.kind(), "name": trial_name(trial.training)}
        | _trial_facts(trial)
        for trial in failed
    ]
    frame = pd.DataFrame(rows)
    place = {probe: number for number, probe in enumerate(config.probes)}
    frame = frame.sort_values("valid_roc_auc", ascending=False, na_position="last", kind="stable")
    return frame.sort_values(PROBE, key=lambda probe: probe.map(place), kind="stable", ignore_index=True)


def score(predictions: pd.DataFrame, config: Evaluation) -> dict[str, float]:
    """Scores of one representation and probe, means over the folds."""
    return pd.DataFrame([_score_fold(fold, config) for _, fold in predictions.groupby(FOLD)]).mean().to_dict()


def pick_winner(predictions: pd.DataFrame) -> str:
    """The representation with the best validation ROC-AUC, of predictions by one probe; of equals, the first by id.

    Test clients are not looked at.
    """
    valid = predictions[predictions[PART] == str(Part.TUNE)]
    found = {
        name: np.mean([roc_auc(*truth_and_proba(fold)) for _, fold in table.groupby(FOLD)])
        for name, table in valid.groupby(REPRESENTATION)
    }
    return max(sorted(found), key=found.__getitem__)


def truth_and_proba(predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Class codes (N,) and probabilities (N, K)."""
    classes = [column for column in predictions if column.startswith("p_")]
    return predictions[LABEL].to_numpy(), predictions[classes].to_numpy()


def _score_fold(predictions: pd.DataFrame, config: Evaluation) -> dict[str, float]:
    valid, test = (truth_and_proba(predictions[predictions[PART] == str(part)]) for part in (Part.TUNE, Part.SCORE))
    draws = resamples(test[0], config.bootstrap, config.seed)
    low, high = interval(auc_resamples(*test, draws), config.confidence)
    return {
        "valid_roc_auc": roc_auc(*valid),
        **{f"test_{name}": value for name, value in scores(*test).items()},
        "test_roc_auc_low": low,
        "test_roc_auc_high": high,
    }


def _trial_facts(trial: TrialRecord | None) -> dict[str, Any]:
    """What a trial was and took; all but empty for a baseline."""
    if trial is None:
        return {"encoder": None, "sampler": None, "embedding_size": None, "status": str(Status.FINISHED)}
    spec = trial.training
    return {
        "encoder": spec.encoder.name,
        "sampler": spec.sampler.name,
        "embedding_size": spec.encoder.size,
        "status": str(trial.status),
        "epochs": trial.epochs,
        METRIC: trial.probe_roc_auc,
        "fit_seconds": trial.seconds,
    }
