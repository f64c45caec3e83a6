"""What lies on the disk is what was written, or is named, set aside and made anew; inputs do not change underfoot."""

import json
import logging
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from tables import purchases, results, write_world
from typer.testing import CliRunner

from coles_ops.artefacts import damage, intact
from coles_ops.artefacts.trial import Status
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.config import Config
from coles_ops.evaluation import evaluate_entries
from coles_ops.preprocess import preprocess_events, read_rows, rows, split_clients
from coles_ops.refit import refit_winner
from coles_ops.report import write_report
from coles_ops.run import Run, find_run, open_run
from coles_ops.schema import DataError
from coles_ops.tracking import track_run
from coles_ops.tuning import search_encoders
from coles_ops.tuning.recovery import drop_damaged
from coles_ops.tuning.space import plan_trials
from coles_ops.tuning.trial import Trial
from expectations import validate_raw

pytestmark = [pytest.mark.spark, pytest.mark.ray, pytest.mark.timeout(300)]

STATE = {"manifest.json", "config.yaml", ".lock", ".wandb", ".search.json"}  # what is no artefact and has no seal


def finish(config: Config) -> Run:
    """All stages, as the flow calls them."""
    run = open_run(config)
    rows = read_rows(run)
    validation = validate_raw(run, rows)
    events = preprocess_events(run, rows, split_clients(run, validation))
    trials = search_encoders(run, events)
    evaluation = evaluate_entries(run, events, trials)
    refit_winner(run, events, trials, evaluation)
    track_run(run, trials, evaluation)
    write_report(run, validation, events, trials, evaluation)
    return run


@pytest.fixture(scope="module")
def finished(spark, tmp_path_factory):
    """A finished run: its configuration, its home folder and its results."""
    folder = tmp_path_factory.mktemp("finished")
    events, people = purchases()
    events = events.astype({"paid": object})
    events.loc[5, "paid"] = "NaN"
    config = write_world(
        folder / "world", events, people,
        training={"steps": 2}, search={"first_round": None}, tracking={"mode": "offline"},
        validation={"max_quarantined": 0.1},
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLES_HOME", str(folder / "home"))
        finish(config)
    return config, folder / "home", results(folder / "home")


@pytest.fixture
def copied(finished, coles_home):
    """The same in a home folder of this test's own."""
    config, home, reference = finished
    shutil.copytree(home, coles_home, symlinks=True)
    return config, coles_home, reference


def cut(file: Path) -> None:
    """As a full disk or a power cut leaves it."""
    os.truncate(file, file.stat().st_size // 2)


def zeroed(file: Path) -> None:
    """As many bytes as before, and the times as they were: only what no one can set tells."""
    stat = file.stat()
    file.write_bytes(bytes(stat.st_size))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def one(home: Path, pattern: str) -> Path:
    return sorted(file for file in home.glob(pattern) if "aggregates" not in str(file))[0]


@pytest.mark.parametrize("harm", [cut, zeroed, Path.unlink])
def test_harm_to_any_file_is_noticed(copied, harm, caplog):
    _, home, _ = copied
    run = find_run("tiny")
    artefacts = run.artefacts()
    files = {file for file in home.glob("store/**/*") if file.is_file()}
    files |= {file for file in run.path.rglob("*") if file.is_file() and not file.is_symlink()}
    files = {file for file in files if not STATE & set(file.parts) and file.stat().st_size}
    assert all(damage(path) == damage(path, thorough=True) == [] for path in artefacts)
    for file in sorted(files):
        (owner,) = [p for p in artefacts if file.is_relative_to(p) or file == p.with_name(f".{p.name}.seal.json")]
        kept = (
            shutil.copytree(owner, home / "kept", symlinks=True)
            if owner.is_dir()
            else shutil.copy(owner, home / "kept")
        )
        beside = owner.with_name(f".{owner.name}.seal.json")
        seal = beside.read_bytes() if beside.exists() else None
        harm(file)
        caplog.clear()
        assert not intact(owner)
        assert str(file) in caplog.text or (harm is Path.unlink and file == owner)
        assert not owner.exists()
        shutil.move(kept, owner)
        if seal:
            beside.write_bytes(seal)
        assert not damage(owner)


@pytest.mark.parametrize(
    ("pattern", "harm"),
    [
        ("store/*-rows/rows/*.parquet", cut),
        ("store/*-split/split.parquet", zeroed),
        ("store/*/arrays/columns/mcc.npy", zeroed),  # changed board and verdict without a word
        ("store/*/arrays/time.npy", cut),
        ("runs/*/validation/clients.parquet", cut),
        ("runs/*/quarantine/*.parquet", zeroed),
        ("runs/*/production/embeddings.parquet", cut),
        ("runs/*/production/production.pt", zeroed),
        ("runs/*/evaluation/predictions/gru-*.parquet", zeroed),
        ("runs/*/evaluation/representations/gru-*.json", cut),
        ("runs/*/evaluation/leaderboard.parquet", cut),
        ("runs/*/evaluation/verdict.json", cut),
        ("runs/*/manifest.json", cut),
        ("runs/*/config.yaml", zeroed),
        ("runs/*/wandb/offline-run-*/*.wandb", cut),
        ("runs/*/report.html", cut),
    ],
)
def test_what_is_damaged_is_named_and_made_anew(spark, copied, pattern, harm, caplog):
    config, home, reference = copied
    file = one(home, pattern)
    harm(file)
    caplog.set_level(logging.WARNING, logger="coles")
    run = finish(config)
    assert str(file) in caplog.text
    assert results(home) == reference
    assert list((home / "damaged").rglob("*"))
    caplog.clear()
    finish(config)
    assert not caplog.text
    assert not [line for path in run.artefacts() for line in damage(path, thorough=True)]


def test_a_damaged_encoder_costs_its_own_trial_alone(spark, copied, caplog):
    config, home, reference = copied
    kept, file = one(home, "runs/*/trials/lstm-*/trial.json"), one(home, "runs/*/trials/gru-*/encoder.pt")
    before = kept.stat().st_mtime_ns
    cut(file)
    finish(config)
    assert str(file) in caplog.text
    assert results(home) == reference
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["running.json", "progress.jsonl", "state.pt", "encoder.pt", "trial.json"])
def test_an_interrupted_trial_with_a_torn_file_begins_anew(tiny_store, tmp_path, coles_home, caplog, name):
    run = open_run(write_world(tmp_path / "w", *purchases()))
    spec = plan_trials(run.config)[0]
    working = WorkingTrials.of(run.path)
    torn = working.folder("torn")
    for folder in (working.folder("whole"), torn):
        Trial(spec, run.config, tiny_store, folder, "cpu").step()
    if name == "trial.json":
        torn.close(spec, Status.FINISHED)
        (torn.path / ".seal.json").unlink()  # killed before it was sealed
    cut(torn.path / name)
    drop_damaged(working)
    assert str(torn.path / name) in caplog.text
    assert [folder.name for folder in working.folders()] == ["whole"]
    assert list(coles_home.glob("damaged/runs/*/.trials/torn-*"))


def test_a_disk_that_rots_is_found_by_check_and_then_by_the_next_run(spark, copied, caplog):
    from deployments.cli import app

    config, home, reference = copied
    finish(config)
    checked = CliRunner().invoke(app, ["check", "tiny"])
    assert checked.exit_code == 0, checked.output
    assert "mcc" not in checked.output
    file = one(home, "store/*/arrays/columns/mcc.npy")
    seal = file.parents[2] / ".seal.json"
    file.write_bytes(file.read_bytes()[:-1] + b"\x7f")
    whole = json.loads(seal.read_text())
    stat = file.stat()
    whole["files"]["arrays/columns/mcc.npy"]["stamp"] = [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    seal.write_text(json.dumps(whole))  # no time tells of it, as when the disk itself errs
    assert intact(seal.parent)
    checked = CliRunner().invoke(app, ["check", "tiny"])
    assert checked.exit_code == 1
    assert f"{file} has other contents than were written" in checked.output.replace("\n", "")
    assert "config.yaml` makes anew" in checked.output
    finish(config)
    assert results(home) == reference
    assert CliRunner().invoke(app, ["check", "tiny"]).exit_code == 0


def test_torn_runs_are_listed_and_shown_as_such(copied):
    from deployments.cli import app

    _, home, _ = copied
    other = home / "runs" / "other-0"
    other.mkdir()
    (other / "manifest.json").write_text('{"run": "oth')
    cut(one(home, "runs/tiny-*/evaluation/verdict.json"))
    listed = CliRunner().invoke(app, ["runs"])
    assert listed.exit_code == 0, listed.exception
    assert "damaged: manifest.json" in listed.output
    assert "damaged: verdict.json" in listed.output
    shown = CliRunner().invoke(app, ["show", "tiny"])
    assert shown.exit_code == 1
    assert "verdict.json cannot be read, it is damaged" in shown.output.replace("\n", "")
    assert "makes it anew" in shown.output


def changed_while(moment, monkeypatch, change) -> None:
    """Make the change when Spark has just read and written the events."""
    real = rows._write

    def write(*arguments):
        if moment == "before":
            change()
        real(*arguments)
        if moment == "after":
            change()

    monkeypatch.setattr(rows, "_write", write)


@pytest.mark.parametrize("moment", ["opened", "before", "after"])
@pytest.mark.parametrize("file", ["events.csv", "people.csv"])
def test_an_input_changed_while_it_is_read_is_refused(spark, tmp_path, coles_home, monkeypatch, moment, file):
    events, people = purchases()
    config = write_world(tmp_path / "w", events, people)
    target = tmp_path / "w" / file

    def swap():
        text = target.read_text()
        (tmp_path / "other").write_text("\n".join(text.splitlines()[:-3]) + "\n")
        (tmp_path / "other").replace(target)

    run = open_run(config)
    with monkeypatch.context() as patch:
        swap() if moment == "opened" else changed_while(moment, patch, swap)
        with pytest.raises(DataError, match=rf"{file}: changed while it was read: run again"):
            read_rows(run)
    assert not (run.path / "validation").exists()
    assert not list((coles_home / "store").glob("[!.]*"))
    again = open_run(config)
    assert again.id != run.id
    clients = split_clients(again, validate_raw(again, read_rows(again))).clients
    assert clients.n_events.sum() == len(pd.read_csv(tmp_path / "w" / "events.csv"))


def test_an_edit_that_restores_size_and_mtime_is_noticed(tmp_path):
    config = write_world(tmp_path / "w", *purchases())
    before, file = open_run(config), tmp_path / "w" / "events.csv"
    stat, text = file.stat(), file.read_text()
    file.write_text(text.replace(",a,", ",b,"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.stat().st_size == stat.st_size
    assert open_run(config).id != before.id


def test_a_part_that_comes_while_the_parts_are_read_is_refused(spark, tmp_path, monkeypatch):
    events, people = purchases()
    parts = tmp_path / "w" / "parts"
    parts.mkdir(parents=True)
    events[:1000].to_csv(parts / "1.csv", index=False)
    run = open_run(write_world(tmp_path / "w", events, people, dataset={"events": str(parts)}))
    changed_while("after", monkeypatch, lambda: events[1000:].to_csv(parts / "2.csv", index=False))
    with pytest.raises(DataError, match=r"2\.csv: changed while it was read"):
        read_rows(run)
