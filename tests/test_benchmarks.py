"""The benchmarks run, compare like with like, and their page shows what they wrote. Nothing here is timed."""

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from evaluations import finished_evaluation
from tables import tiny_run

from benchmarks import embed, measure, plot, results, study, tables, train
from benchmarks.page import PAGE, filled
from coles_ops.artefacts import write_json
from coles_ops.artefacts.trials import SearchRecord
from coles_ops.config import choose, load_config
from deployments.cli.console import overrides_of

ROOT = Path(__file__).parent.parent


def test_the_page_shows_the_results():
    assert PAGE.read_text() == filled(PAGE.read_text()), "run python -m benchmarks.page"


def test_the_readme_shows_what_the_main_job_said():
    records = results.PAGE.records()
    readme = (ROOT / "README.md").read_text()
    assert tables.section("seeds", records) in readme
    assert " ".join(records["seed0"]["sentences"]) in " ".join(readme.split())


def commands() -> list[list[str]]:
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.S)
    return [shlex.split(line, comments=True) for line in block.splitlines()]


@pytest.mark.parametrize("command", [c for c in commands() if "--json" in c], ids=lambda c: c[2])
def test_every_command_of_the_page_is_understood(command):
    python, *arguments = command
    assert python == ".venv/bin/python"
    done = subprocess.run(
        [sys.executable, *arguments, "--quick", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {a for a in arguments if a.startswith("--")} <= set(re.findall(r"--\w+", done.stdout))


@pytest.mark.parametrize("encoder", ["gru", "lstm"])
def test_a_step_gives_the_loss_of_ptls(tiny_store, encoder, monkeypatch):
    monkeypatch.setattr(train, "SPEC", choose(train.SPEC, {"encoder.size": 16, "batch_size": 8}))
    line = train._step(tiny_store, encoder, "fp32", rounds=1, batches=2)
    assert line["loss_difference"] < 1e-4
    assert line["ratio"] > 0
    assert train._loader(tiny_store, rounds=1, batches=2)["units"] == "clients/s"


def test_embeddings_are_those_of_ptls(tiny_store, tmp_path):
    with_events = tiny_store.lengths > 0
    assert not with_events.all()  # ptls cannot embed a client without events: the benchmark's clients all have some
    assert embed._embed(tiny_store, tmp_path, rounds=1, rows=with_events.nonzero()[0])["ratio"] > 0


def test_the_plot_has_a_line_a_stage_and_one_for_its_limit(tmp_path):
    results = json.loads((ROOT / "benchmarks" / "results" / "scale.json").read_text())
    plot.draw(results, tmp_path / "scale.svg")
    drawn = (tmp_path / "scale.svg").read_text()
    for label in ("preprocessing", "one training epoch", "embedding of all clients", "its limit: read + sort"):
        assert f"<!-- {label} -->" in drawn
    assert "<!-- 126.8 -->" in drawn  # the largest size, millions


def test_a_ratio_is_the_peers_time_by_ours():
    ticks = iter([0.0, 3.0, 10.0, 11.0, 20.0, 29.0, 30.0, 31.0, 40.0, 44.0, 50.0, 53.0])  # peer 3, ours 1, 9, 1, 4, 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure.time, "perf_counter", lambda: next(ticks))
        line = measure.compare("x", lambda: None, lambda: None, rounds=3, work=12, units="rows", warm=False)
    assert line["ratio"] == 4.0
    assert (line["ours"], line["peer"]) == (12.0, 3.0)
    assert line["seconds"] == {"peer": [3.0, 9.0, 4.0], "ours": [1.0, 1.0, 3.0]}


@pytest.mark.parametrize("page", [results.PAGE, study.PAGE], ids=lambda page: page.module)
def test_a_page_shows_the_records_of_its_runs(page):
    text = page.path.read_text()
    assert text == page.filled(text), f"run python -m {page.module} --page"
    assert set(page.records()) <= {job.name for job in page.jobs}


@pytest.mark.parametrize("job", [*results.JOBS, *study.JOBS], ids=lambda job: job.name)
def test_every_run_of_a_page_is_a_valid_configuration(job):
    config = load_config(job.config, overrides_of(list(job.overrides())))
    assert config.name == job.name


def test_a_record_of_other_settings_is_said_to_be_one(tmp_path):
    kept, page = tmp_path / "runs.json", "<!-- lacking -->\n<!-- end -->"
    own, other, new = results.JOBS[:3]
    found = {job.name: {"settings": job.settings} for job in (own, other)}
    write_json(kept, found)
    jobs = [own, replace(other, sets=other.sets | {"training.steps": "1"}), new]
    said = replace(results.PAGE, kept=kept, jobs=jobs, section=lambda *_: "").filled(page)
    assert f"Not run yet: {new.title}.\n" in said
    assert f"Run by other settings than today's: {other.title}.\n" in said
    assert own.title not in said
    assert replace(own, sets=own.sets | {"dataset.file": "elsewhere"}).settings == own.settings


def test_every_run_of_the_results_has_its_place_on_the_page():
    marks = set(re.findall(r"<!-- (\w+) -->", results.PAGE.path.read_text()))
    assert {job.table for job in results.JOBS} <= marks


def test_a_finished_run_is_a_record_and_a_table(tmp_path):
    run = tiny_run(tmp_path)
    trials, _ = finished_evaluation(run.path, run.config)
    write_json(trials.path / ".search.json", SearchRecord(rounds=[], finalists={"t": ["t"]}, trials=["t"]))
    run.record_stage("evaluate", seconds=2.0, peak_mb=100.0)
    record = {"table": "real", "title": "Tiny", "command": "again"} | tables.record_of(run)
    page = "".join(tables.section(name, {"tiny": record}) for name in ("summary_real", "real"))
    scores = {row["row"]: row["score"] for row in record["rows"]}
    assert scores["aggregates"] == pytest.approx(0.75)
    assert f"| aggregates | {scores['aggregates']:.3f} |" in page
    assert {row["representation"] for row in record["compared"]} == {"best", "best_addition", "coles"}
    assert page.count("**") == 6  # the outcomes of the three
    assert str(tmp_path) not in json.dumps(record)
