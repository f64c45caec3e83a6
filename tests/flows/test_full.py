"""The main job as users start it: a real server, a real worker, real purchases, cut small."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from tables import small_cut

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.production import Production

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.prefect, pytest.mark.spark, pytest.mark.ray, pytest.mark.timeout(900)]


def coles(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deployments.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLES_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """``coles launch`` on the small cut: (home, config, what it printed)."""
    folder = tmp_path_factory.mktemp("launched")
    config = small_cut(folder)
    done = coles("launch", str(config), home=folder / "home")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return folder / "home", config, done.stdout


def test_it_prints_progress_leaderboard_verdict_and_places(launched):
    _, _, printed = launched
    for stage in ("read", "validate", "split", "preprocess", "search", "evaluate", "refit", "pack", "track", "report"):
        assert f"{stage}: done" in printed
    for word in ("aggregates", "random encoder", "gru", "transformer", "report.html", "wandb", "Prefect UI"):
        assert word in printed
    assert "against plain aggregates" in " ".join(printed.split())


def test_every_stage_left_its_artefact(launched):
    home, _, _ = launched
    (run,) = (home / "runs").iterdir()
    evaluation = Evaluation.of(run)
    board = evaluation.leaderboard()
    families = ("coles", "counts", "topics", "rfm")
    assert set(board.representation) == {
        *("aggregates", "random_encoder", "best", "best_addition"),
        *families,
        *(f"aggregates+{family}" for family in families),
    }
    assert board.roc_auc.between(0, 1).all()
    assert set(evaluation.scored().representation) == set(board.representation)
    embeddings = pd.read_parquet(Production.of(run).embeddings)
    assert embeddings.client_id.nunique() == 180
    assert (run / "report.html").stat().st_size > 10_000
    assert (run / "validation" / "data_docs" / "index.html").exists()
    assert len(list((run / "wandb").rglob("run-*.wandb"))) == 12 + 2
    assert list(json.loads((run / "manifest.json").read_text())["stages"]) == [
        "read", "validate", "split", "preprocess", "search", "evaluate", "refit", "pack", "track", "report",
    ]  # fmt: skip
    assert not list(run.glob(".partial*"))


def test_nothing_it_started_is_left(launched):
    home, _, _ = launched

    def uses(process: psutil.Process) -> bool:
        try:
            return process.environ().get("COLES_HOME") == str(home)
        except psutil.Error:
            return False

    assert not [process.cmdline() for process in psutil.process_iter() if uses(process)]


def test_the_same_flow_runs_without_a_server_and_finds_everything_done(launched):
    home, config, _ = launched
    done = coles("run", str(config), home=home)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("found, nothing to do") == 10
    assert "against plain aggregates" in " ".join(done.stdout.split())


def test_events_of_its_own_clients_are_embedded_as_the_run_did(launched, tmp_path):
    home, config, _ = launched
    events = yaml.safe_load(config.read_text())["dataset"]["events"]
    (command, *_) = re.findall(r"```bash\ncoles (.*)\n```", (ROOT / "docs" / "embedding.md").read_text())
    given = {"completejourney": "small-cut", "new/*.parquet": events, "embeddings": str(tmp_path / "out")}
    done = coles(*(given.get(word, word) for word in shlex.split(command)), home=home)
    assert done.returncode == 0, done.stderr
    assert "180 clients" in done.stdout
    (run,) = (home / "runs").iterdir()
    wanted = pd.read_parquet(Production.of(run).embeddings).set_index("client_id")
    found = pd.read_parquet(tmp_path / "out" / "part-00000.parquet").set_index("client_id")
    pd.testing.assert_frame_equal(found, wanted.loc[found.index], atol=1e-5, rtol=0)


def test_a_users_mistake_is_one_line_and_exit_code_2(launched):
    home, config, _ = launched
    done = coles("run", str(config), "--set", "training.epoch=3", home=home)
    assert done.returncode == 2
    assert "training.epoch" in done.stderr
    assert "Traceback" not in done.stderr
