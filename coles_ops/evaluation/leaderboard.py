"""The leaderboard: scores of the long table, beside what is known of representations and trials."""

from typing import Any

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import FOLD, PROBE, REPRESENTATION, RepresentationRecord
from coles_ops.artefacts.trial import METRIC, Status, TrialRecord
from coles_ops.config import Evaluation
from coles_ops.evaluation.metrics import roc_auc, scores
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.representations import TrainedEncoder, trial_name
from coles_ops.schema import LABEL, PART, Part
from coles_ops.statistics import Scored, UndefinedError, estimate


def build_leaderboard(
    predictions: pd.DataFrame, records: list[RepresentationRecord], trials: list[TrialRecord], config: Evaluation
) -> pd.DataFrame:
    """A row a representation and probe, by probe and best on validation first; then the trials that failed.

    Args:
        predictions: the long table.
        records: of the representations in it.
        trials: all, for what a trial is and took.
        config: probes, and confidence of the intervals.
    """
    by_trial = {trial.trial: trial for trial in trials}
    noted = {record.representation: record for record in records}
    out_of_fold = {probe: OutOfFold.of(predictions, probe) for probe in config.probes}
    rows = []
    for (representation, probe), table in predictions.groupby([REPRESENTATION, PROBE], sort=False):
        record = noted[representation].model_dump()
        figures = score(table) | _interval(out_of_fold[probe].scored(representation), config.confidence)
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


def score(predictions: pd.DataFrame) -> dict[str, float]:
    """Scores of one representation and probe, means over the folds."""
    return pd.DataFrame([_score_fold(fold) for _, fold in predictions.groupby(FOLD)]).mean().to_dict()


def pick_winner(scores: dict[str, float]) -> str:
    """The representation with the best score; of equals, the first by id."""
    return max(sorted(scores), key=scores.__getitem__)


def tuning_scores(predictions: pd.DataFrame) -> dict[str, float]:
    """ROC-AUC of every representation over clients that tune, of predictions by one probe."""
    tuned = predictions[predictions[PART] == str(Part.TUNE)]
    return {
        str(name): float(np.mean([roc_auc(*truth_and_proba(fold)) for _, fold in table.groupby(FOLD)]))
        for name, table in tuned.groupby(REPRESENTATION)
    }


def truth_and_proba(predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Class codes (N,) and probabilities (N, K)."""
    classes = [column for column in predictions if column.startswith("p_")]
    return predictions[LABEL].to_numpy(), predictions[classes].to_numpy()


def _score_fold(predictions: pd.DataFrame) -> dict[str, float]:
    valid, test = (truth_and_proba(predictions[predictions[PART] == str(part)]) for part in (Part.TUNE, Part.SCORE))
    return {"valid_roc_auc": roc_auc(*valid)} | {f"test_{name}": value for name, value in scores(*test).items()}


def _interval(scored: Scored, confidence: float) -> dict[str, float | None]:
    """Of the test ROC-AUC; none where a class is too rare for one."""
    try:
        low, high = estimate(scored).interval(confidence)
    except UndefinedError:
        low = high = None
    return {"test_roc_auc_low": low, "test_roc_auc_high": high}


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
        "steps": trial.steps,
        METRIC: trial.probe_roc_auc,
        "fit_seconds": trial.seconds,
    }
