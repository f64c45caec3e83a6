"""The trials of a search as a table: what each was and took, and the scores that chose among them.

None of these is of a client that is scored.
"""

from collections.abc import Sequence

import pandas as pd

from coles_ops.artefacts.evaluation import INNER, PROBE, Evaluation
from coles_ops.artefacts.trial import METRIC
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Training, dotted
from coles_ops.representations import TrainedEncoder, trial_name


def build_trialboard(trials: Trials, evaluation: Evaluation, probe: str) -> pd.DataFrame:
    """A row a trial, best on the clients that tune first.

    Args:
        trials: all.
        evaluation: of the finalists among them, which have an inner score.
        probe: by which that is.
    """
    finalists = [r.representation for r in evaluation.records() if r.kind == TrainedEncoder.kind()]
    inner = {}
    for name in finalists:
        choices = evaluation.choices(name)
        inner[name] = choices[choices[PROBE] == probe][INNER].mean()
    records = trials.records()
    rows = [
        {
            "trial": record.trial,
            "name": trial_name(record.training),
            "encoder": record.training.encoder.name,
            "sampler": record.training.sampler.name,
            "options": options,
            "embedding_size": record.training.encoder.size,
            "seed": record.training.seed,
            "status": str(record.status),
            "steps": record.steps,
            METRIC: record.probe_score,
            INNER: inner.get(record.trial),
            "seconds": record.seconds,
        }
        for record, options in zip(records, _differing([record.training for record in records]), strict=True)
    ]
    board = pd.DataFrame(rows).astype({METRIC: float, INNER: float, "seconds": float})
    return board.sort_values([METRIC, "trial"], ascending=[False, True], na_position="last", ignore_index=True)


def _differing(trainings: Sequence[Training]) -> list[str]:
    """The options that are not the same in all, beside those that a trial is named by and its seed."""
    found = [dotted(training.model_dump(mode="json", exclude={"seed"})) for training in trainings]
    keys = sorted({key for each in found for key in each if not key.endswith(".name")} - {"encoder.size"})
    apart = [key for key in keys if len({str(each[key]) for each in found if key in each}) > 1]
    return [", ".join(f"{key.rpartition('.')[2]} {each[key]}" for key in apart if key in each) for each in found]
