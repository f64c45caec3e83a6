"""W&B cannot fail or stall a run."""

import pytest
from evaluations import finished_evaluation
from tables import tiny_run

from coles_ops.tracking import track_run


@pytest.fixture
def evaluated(tmp_path):
    """A function that makes a run with one evaluated trial."""

    def make(**tracking):
        run = tiny_run(tmp_path / "world", tracking=tracking)
        return run, *finished_evaluation(run.path, run.config)

    return make


def test_files_hold_curve_and_scores(evaluated):
    run, *artefacts = evaluated()
    files = list(track_run(run, *artefacts).path.glob("offline-run-*/run-*.wandb"))
    assert len(files) == 7
    sentence = artefacts[1].verdict().sentence.encode()
    written = [file.read_bytes() for file in files]
    trials = [file for file in written if b"probe_score" in file]  # its curve by epoch
    assert len(trials) == 1
    for word in (b"pr_auc", run.id.encode(), b"false_positive_rate", sentence):
        assert sum(word in file for file in written if file not in trials) == 6, word


def test_disabled_writes_nothing_and_offline_later_does(evaluated, caplog):
    run, *artefacts = evaluated(mode="disabled")
    assert not track_run(run, *artefacts).path.exists()
    run, *artefacts = evaluated(mode="offline")  # the same run: tracking changes no result
    tracked = track_run(run, *artefacts)
    assert not tracked.cached
    assert list(tracked.path.glob("offline-run-*"))
    assert track_run(run, *artefacts).cached
    assert "made anew" not in caplog.text
