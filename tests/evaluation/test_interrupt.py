"""Ctrl-C and SIGTERM while a probe is fitted, after a search in the same process."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stores import write_store
from tables import tiny_run

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.evaluation import evaluate_entries
from coles_ops.run import Run
from coles_ops.tuning import search_encoders

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]

SEARCH = {"space": {"encoder": ["gru"]}}
PROBE = {"probes": [{"name": "catboost", "trees": 800}]}  # a fit of a fold takes longer than the signal


def begun(run: Run, events: Events) -> subprocess.Popen[str]:
    """A process of the command line that searches and evaluates, fitting its first probe now."""
    code = f"""
from pathlib import Path
from coles_ops.evaluation import entry, evaluate_entries
from coles_ops.run import Run
from coles_ops.artefacts.events import Events
from coles_ops.tuning import search_encoders
from deployments.cli import app
from deployments.cli.console import mistakes

class Told(entry.Fitting):  # made when the features are there
    def __init__(self, *values, **named):
        Path({str(run.path)!r}, "fitting").touch()
        super().__init__(*values, **named)

entry.Fitting = Told

@app.command()
def work():
    with mistakes():
        run, events = Run(Path({str(run.path)!r})), Events(path=Path({str(events.path)!r}), fingerprint="tiny")
        evaluate_entries(run, events, search_encoders(run, events))

app(["work"])
"""
    (run.path / "fitting").unlink(missing_ok=True)  # of an earlier child, which made one for every fold
    child = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    while not (run.path / "fitting").exists():
        assert child.poll() is None
        time.sleep(0.02)
    time.sleep(0.5)
    return child


def results(run: Run) -> dict[str, bytes | str]:
    evaluation = Evaluation.of(run.path)
    files = [*evaluation.path.glob("*/*.parquet"), evaluation.verdict_file]
    board = evaluation.leaderboard().drop(columns=["embed_seconds", "evaluate_seconds"]).to_csv(index=False)
    return {str(file.relative_to(run.path)): file.read_bytes() for file in files} | {"board": board}


def test_a_signal_ends_a_fit_within_seconds_and_the_rerun_is_that_of_a_quiet_one(tmp_path, monkeypatch):
    write_store(tmp_path / "events" / "arrays", [0, 1, 300, *range(20, 77)])
    events = Events(path=tmp_path / "events", fingerprint="tiny")
    run = tiny_run(tmp_path / "world", search=SEARCH, training={"steps": 2}, evaluation=PROBE)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        child, began = begun(run, events), time.monotonic()
        child.send_signal(number)
        assert child.wait(timeout=60) == code
        assert time.monotonic() - began < 15
        assert not Evaluation.of(run.path).verdict_file.exists()  # an entry that had ended before stays
    quiet = Run(Path(shutil.copytree(run.path, tmp_path / "quiet")))
    for each in (quiet, run):
        monkeypatch.setenv("COLES_HOME", str(tmp_path / f"home of {each.id}"))  # each looks at the labels first
        evaluate_entries(each, events, search_encoders(each, events))
    assert results(run) == results(quiet)
