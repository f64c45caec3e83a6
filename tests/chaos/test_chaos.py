"""A quick cut of the chaos suite, and that the suite would notice."""

import json
import re
from random import Random

import pandas as pd
import pytest

from chaos import page
from chaos.attempt import attempt
from chaos.faults import FAULTS
from chaos.job import STAGES, digests, make, names
from chaos.moments import Moment, Moments, await_moment

pytestmark = pytest.mark.timeout(900)

QUICK = ["run, SIGKILL, search", "run, Ctrl-C, evaluate"]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return make(tmp_path_factory.mktemp("chaos"))


@pytest.mark.spark
@pytest.mark.ray
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in QUICK], ids=lambda fault: fault.name)
def test_a_fault_is_survived(job, fault):
    outcome = attempt(job, fault, seed=0)
    assert outcome.survived, "\n".join(outcome.wrong)


@pytest.mark.spark
@pytest.mark.ray
def test_a_run_tells_only_what_is_ours_and_leaves_nothing_beside_its_home(job):
    told, end, _ = (job.folder / "output").read_text().partition("report: done")
    assert end
    assert [line for line in (told + end).splitlines() if not re.match(r"(\d\d:\d\d:\d\d| {8}) \S", line)] == []
    assert job.caches == set()


@pytest.mark.spark
@pytest.mark.ray
def test_the_suite_notices_another_result_and_what_is_left(job, tmp_path):
    job.rewound("report", tmp_path / "home")
    assert digests(tmp_path / "home") == job.digests
    assert names(tmp_path / "home") < job.names
    (tmp_path / "home" / "store" / ".partial-x").write_text("left")
    assert names(tmp_path / "home") - job.names == {"store/.partial-x"}
    (board,) = (tmp_path / "home").glob("runs/*/evaluation/leaderboard.parquet")
    table = pd.read_parquet(board)
    table.assign(embed_seconds=0.0).to_parquet(board)
    assert digests(tmp_path / "home") == job.digests
    table.assign(roc_auc=table.roc_auc + 1e-12).to_parquet(board)
    assert digests(tmp_path / "home") != job.digests


@pytest.mark.spark
@pytest.mark.ray
@pytest.mark.parametrize("phase", list(STAGES)[1:])
def test_a_home_folder_is_laid_out_as_a_phase_finds_it(job, tmp_path, phase):
    job.rewound(phase, tmp_path)
    (manifest,) = tmp_path.glob("runs/*/manifest.json")
    before = list(STAGES)[: list(STAGES).index(phase)]
    assert list(json.loads(manifest.read_text())["stages"]) == before
    for name, patterns in STAGES.items():
        assert any(list(tmp_path.glob(pattern)) for pattern in patterns) == (name in before)


def test_a_moment_is_met_after_its_line_or_at_the_next(tmp_path):
    log = tmp_path / "log"
    told = ["validate …", "validate: done", "search …", "a: step 1 of 3", "search: done"]
    log.write_text("\n".join(told[:4]) + "\n")
    assert await_moment(log, Moment("search", 1, 0.0), over=lambda: False)
    assert await_moment(log, Moment("search", 0, 900.0), over=lambda: False)  # the next line was told already
    assert not await_moment(log, Moment("search", 1, 900.0), over=lambda: True)
    assert not await_moment(log, Moment("evaluate", 0, 0.0), over=lambda: True)


def test_moments_lie_all_over_a_phase():
    moments = Moments(phases={"search": [30.0, 1.0]}, seconds=60)
    drawn = [moments.draw("search", Random(seed)) for seed in range(400)]
    assert 0.4 < sum(moment.line == 0 for moment in drawn) / 400 < 0.6
    assert max(moment.seconds for moment in drawn) > 29
    assert max(moment.seconds for moment in drawn if moment.line == 1) < 1


def test_the_page_holds_the_results():
    text = page.PAGE.read_text()
    assert page.filled(text) == text, "PYTHONPATH=tests python -m chaos.page"


def test_only_faults_that_there_are_stand_in_the_results_and_the_page_names_the_others():
    results = json.loads(page.RESULTS.read_text()) if page.RESULTS.exists() else {"outcomes": []}
    tried = {line["name"] for line in results["outcomes"]}
    assert tried <= {fault.name for fault in FAULTS}
    assert all(fault.name in page.PAGE.read_text() for fault in FAULTS if tried and fault.name not in tried)
