"""W&B cannot fail or stall a run."""

import pandas as pd
import pytest
from tables import tiny_run

from coles_ops.artefacts import Artefact
from coles_ops.artefacts.trial import EpochRecord, RunningRecord, Status
from coles_ops.artefacts.trials import Trials
from coles_ops.tracking import track_run


@pytest.fixture
def evaluated(tmp_path):
    """A function that makes a run with one evaluated trial."""

    def make(**tracking):
        run = tiny_run(tmp_path / "world", tracking=tracking)
        trials, evaluation = Trials(path=run.path / "trials", fingerprint="x"), run.path / "evaluation" / "t"
        trial, spec = trials.folder("t"), run.config.training
        trial.write_running(RunningRecord(training=spec, parameters=1, epochs_reported=1))
        trial.write_progress([EpochRecord(epoch=1, loss=0.5, probe_roc_auc=0.6, seconds=1.0, peak_mb=1.0)])
        trial.close(spec, Status.FINISHED)
        evaluation.mkdir(parents=True)
        predictions = {"client_id": list("abcd"), "part": "test", "label": [0, 1, 0, 1], "p_1": [0.1, 0.9, 0.4, 0.3]}
        pd.DataFrame(predictions).to_parquet(evaluation / "predictions.parquet")
        row = {
            "entry": "t", "kind": "trial", "name": "gru", "encoder": "gru", "sampler": "s", "status": "finished",
            "test_roc_auc": 0.75,
        }  # fmt: skip
        pd.DataFrame([row]).to_parquet(run.path / "leaderboard.parquet")
        return run, trials, Artefact(path=run.path / "leaderboard.parquet", fingerprint="x")

    return make


def test_files_hold_curve_and_scores(evaluated):
    run, *artefacts = evaluated()
    (file,) = track_run(run, *artefacts).path.glob("offline-run-*/run-*.wandb")
    content = file.read_bytes()
    for word in (b"probe_roc_auc", b"test_roc_auc", run.id.encode(), b"false_positive_rate"):
        assert word in content, word


def test_disabled_writes_no_run(evaluated):
    run, *artefacts = evaluated(mode="disabled")
    assert not list(track_run(run, *artefacts).path.glob("offline-run-*"))
