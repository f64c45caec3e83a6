"""W&B cannot fail or stall a run."""

import json

import pandas as pd
import pytest
from tables import tiny_run

from coles_ops.artefacts import Artefact, write_json
from coles_ops.tracking import track_run


@pytest.fixture
def evaluated(tmp_path):
    """A function that makes a run with one evaluated trial."""

    def make(**tracking):
        run = tiny_run(tmp_path / "world", tracking=tracking)
        trial, evaluation = run.path / "trials" / "t", run.path / "evaluation" / "t"
        write_json(trial / "trial.json", {"training": {"epochs": 1}})
        (trial / "progress.jsonl").write_text(json.dumps({"epoch": 1, "loss": 0.5, "probe_roc_auc": 0.6}) + "\n")
        evaluation.mkdir(parents=True)
        predictions = {"client_id": list("abcd"), "part": "test", "label": [0, 1, 0, 1], "p_1": [0.1, 0.9, 0.4, 0.3]}
        pd.DataFrame(predictions).to_parquet(evaluation / "predictions.parquet")
        row = {
            "entry": "t", "kind": "trial", "name": "gru", "encoder": "gru", "sampler": "s", "status": "finished",
            "test_roc_auc": 0.75,
        }  # fmt: skip
        pd.DataFrame([row]).to_parquet(run.path / "leaderboard.parquet")
        return run, Artefact(path=run.path / "leaderboard.parquet", fingerprint="x")

    return make


def test_files_hold_curve_and_scores(evaluated):
    run, board = evaluated()
    (file,) = track_run(run, board).path.glob("offline-run-*/run-*.wandb")
    content = file.read_bytes()
    for word in (b"probe_roc_auc", b"test_roc_auc", run.id.encode(), b"false_positive_rate"):
        assert word in content, word


def test_disabled_writes_no_run(evaluated):
    run, board = evaluated(mode="disabled")
    assert not list(track_run(run, board).path.glob("offline-run-*"))
