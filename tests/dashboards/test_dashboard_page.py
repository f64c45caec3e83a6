"""The page of all runs has every view of what can be compared, and runs nothing that a name may hold."""

import html
import re
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest
from evaluations import finished_evaluation
from tables import tiny_run
from typer.testing import CliRunner

from coles_ops.artefacts import home
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.trials import Trials, WorkingTrials
from coles_ops.dashboards import pictures
from coles_ops.dashboards.gather import gather
from coles_ops.dashboards.page import write_page
from coles_ops.dashboards.strips import strips
from coles_ops.dashboards.views import VIEWS
from coles_ops.evaluation.rows import AGGREGATES
from coles_ops.report.figure import styles
from coles_ops.run import list_runs
from deployments.cli import app

ROOT = Path(__file__).parents[2]
FOREIGN = '<script>alert(1)</script> "><img src=x onerror=alert(1)> $5 {{ 7 * 7 }}'


@pytest.fixture
def finished(tmp_path):
    """Make a finished run with such sections of the configuration."""

    def make(name: str = "gru", **sections):
        run = tiny_run(tmp_path / "world", **sections)
        finished_evaluation(run.path, run.config, name)
        return run

    return make


def test_runs_stand_together_by_what_they_predict(finished, tmp_path):
    newer, other = finished(training={"seed": 1}), finished(evaluation={"protocol": "holdout"})
    older = finished(training={"seed": 2})
    tiny_run(tmp_path / "world", training={"seed": 3})  # not finished
    damaged = finished(training={"seed": 4})
    Evaluation.of(damaged.path).verdict_file.write_text("{}")
    found = gather([older, newer, other, damaged])
    assert [[told.run.id for told in each.told] for each in found.questions] == [[other.id], [newer.id, older.id]]
    assert found.questions[1].title == "tiny · label · crossfit · ROC-AUC"
    assert list(found.unread) == [damaged.id]
    assert set(found.questions[1].rows.run) == {newer.id, older.id}


def test_a_run_that_is_made_anew_or_was_written_otherwise_is_told_of_and_others_are_shown(finished):
    shown, anew, older = (finished(training={"seed": seed}) for seed in (1, 2, 3))
    trials = Trials.of(anew.path).path
    trials.rename(WorkingTrials.of(anew.path).path)
    evaluation = Evaluation.of(older.path)
    evaluation.leaderboard().drop(columns="family").to_parquet(evaluation.leaderboard_file)
    found = gather([shown, anew, older])
    assert [[told.run.id for told in each.told] for each in found.questions] == [[shown.id]]
    assert found.unread[anew.id].startswith(f"{trials} is not there")
    assert found.unread[older.id].endswith("they have no 'family'")


def test_rows_without_an_interval_are_shown(finished, tmp_path):
    run = finished()
    evaluation = Evaluation.of(run.path)
    board = evaluation.leaderboard().assign(roc_auc_low=None, roc_auc_high=None)
    board.to_parquet(evaluation.leaderboard_file)
    page = write_page(gather([run]), tmp_path / "page.html").read_text()
    assert page.count('<td class="more"></td><td>') >= len(board)


def test_colours_and_marks_do_not_run_out():
    looks = [tuple(look.values()) for look in islice(styles(), 49)]
    assert len(set(looks)) == 49


def test_the_page_has_every_view_and_runs_nothing(finished, tmp_path):
    runs = [finished(FOREIGN, training={"seed": seed}) for seed in (1, 2)]
    page = write_page(gather(runs), tmp_path / "out" / "page.html").read_text()
    for view in VIEWS:
        assert page.count(f"<h3>{view}</h3>") == 1
    assert html.escape(FOREIGN, quote=False) in html.unescape(page).replace(FOREIGN, html.escape(FOREIGN, quote=False))
    assert len(re.findall("<script", page)) == 1
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert "training.seed" in page  # in what differs between both
    assert all(run.id in page for run in runs)


def test_strips_lie_where_the_scores_are(finished):
    runs = [finished(training={"seed": seed}) for seed in (1, 2)]
    (question,) = gather(runs).questions
    drawn = strips(question)
    every = [strip for _, group in drawn.groups for strip in group]
    assert sorted(strip.record.what for strip in every) == sorted(record.what for record in question.told[0].rows)
    for strip in every:
        assert 0 <= strip.left <= strip.dot <= strip.left + strip.width <= 100
        assert strip.earlier == [strip.dot]  # both runs predicted the same
    (base,) = (strip.dot for strip in every if strip.record.what == AGGREGATES)
    assert base == drawn.baseline


def test_parallel_coordinates_have_an_axis_for_what_differs():
    tried = pd.DataFrame({"training.encoder.name": ["gru", "lstm"], "training.encoder.size": [8, 8]})
    tried = tried.assign(probe_score=[0.6, 0.7])
    drawn = re.findall(r">([^<>]+)</text>", pictures.search(tried, list(tried), "ROC-AUC"))
    assert {"gru", "lstm", "encoder", "0.7"} <= set(drawn)
    assert "size" not in drawn
    assert pictures.search(tried, ["training.encoder.size"], "ROC-AUC") == ""


def test_the_command_prints_where_the_page_is(finished, monkeypatch, tmp_path, coles_home):
    none = CliRunner().invoke(app, ["dashboard", "--out", str(tmp_path / "none.html")])
    assert (none.exit_code, none.output.strip()) == (0, str(tmp_path / "none.html"))
    assert "No run is finished yet" in (tmp_path / "none.html").read_text()
    run = finished()
    monkeypatch.chdir(tmp_path)
    (commands,) = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "dashboards.md").read_text(), flags=re.S)
    for command, page in zip(commands.splitlines(), (home().dashboard, Path("runs.html")), strict=True):
        done = CliRunner().invoke(app, command.split()[1:])
        assert done.output.strip() == str(page)
        assert run.id in page.read_text()
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    refused = CliRunner().invoke(app, ["dashboard", "--project", "retail"])
    assert refused.exit_code == 2
    assert "there is no login for http://127.0.0.1:9" in refused.output
    assert list_runs() == [run]
    unheard = CliRunner().invoke(app, ["dashboard", "--report", run.id, "--out", "page.html"])
    assert (unheard.exit_code, "leave out --out" in unheard.output) == (2, True)
