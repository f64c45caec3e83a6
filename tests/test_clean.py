"""``coles clean``: shows what it would free, and removes what at that moment still is nobody's."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evaluations import verdict
from tables import tiny_run
from typer.testing import CliRunner

from coles_ops import artefacts
from coles_ops.artefacts import publish, set_aside, write_json
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.clean import Choice, plan_removal
from coles_ops.run import Run, UnknownRunError, lock_run
from deployments.cli import app

pytestmark = pytest.mark.usefixtures("own_temporary_folders")

DAY = 86_400.0


def paths(plan, group: str) -> list[str]:
    return [item.path.name for item in plan.items if item.group == group]


def folder(path: Path, size: int = 1000) -> Path:
    with publish(path) as partial:
        (partial / "data").write_bytes(b"0" * size)
    return path


def age(run: Run, days: float) -> Run:
    for path in run.path.rglob("*"):
        os.utime(path, (time.time() - days * DAY,) * 2)
    return run


@pytest.fixture
def world(tmp_path, coles_home):
    """Make a run that stands on two folders of the store, one of its own: (name, outcome, days) -> Run."""

    def make(name: str, outcome: str = "undecided", days: float = 0) -> Run:
        run = tiny_run(tmp_path / name, training={"seed": len(name)})
        for store in ("shared-rows", f"{name}-split"):
            run.uses(coles_home / "store" / store)
            if not (coles_home / "store" / store).exists():
                folder(coles_home / "store" / store)
        write_json(Evaluation.of(run.path).verdict_file, verdict(outcome))
        return age(run, days)

    return make


def test_by_itself_it_takes_what_is_nobodys_and_no_run(world, tmp_path, coles_home, monkeypatch):
    monkeypatch.setattr("coles_ops.artefacts.digests._SETTLED", 0)
    run = world("one")
    orphan = folder(coles_home / "store" / "0123-rows")
    damaged = set_aside(folder(run.path / "trials" / "gru"))
    for name in ("here.csv", "gone.csv", "edited.csv"):
        (tmp_path / name).write_bytes(b"0" * (1 << 20))
        artefacts.file_digest(tmp_path / name)
    (tmp_path / "gone.csv").unlink()
    (tmp_path / "edited.csv").write_bytes(b"1" * (1 << 20))
    plan = plan_removal(Choice())
    assert paths(plan, "store folders of no run") == ["0123-rows"]
    assert paths(plan, "damaged, set aside") == [damaged.name]
    assert len(paths(plan, "digests of files that are gone")) == 2
    assert len(plan.items) == 4
    assert plan.kept == []
    assert all(item.remove() for item in plan.items)
    assert not orphan.exists()
    assert not damaged.exists()
    assert sorted(path.name for path in (coles_home / "store").iterdir()) == [".lock", "one-split", "shared-rows"]
    assert len(list((coles_home / "digests").iterdir())) == 1
    assert not list(coles_home.rglob(".partial-*"))
    assert plan_removal(Choice()).items == []


def test_runs_go_by_age_verdict_and_name_with_what_they_alone_stood_on(world, coles_home):
    old, worse = world("old", "better", 40), world("worst", "worse", 40)
    unsure, young = world("unsure", days=9), world("y")

    def chosen(**choice) -> set[str]:
        return set(paths(plan_removal(Choice(**choice)), "runs"))

    assert chosen(older_than=30 * DAY) == {old.id, worse.id}
    assert chosen(verdict="undecided") == {unsure.id, young.id}
    assert chosen(verdict="undecided", older_than=5 * DAY) == {unsure.id}
    assert chosen(runs=(young.id,), verdict="worse") == {young.id, worse.id}
    plan = plan_removal(Choice(older_than=30 * DAY))
    assert paths(plan, "store folders of no run") == ["old-split", "worst-split"]
    assert all(item.remove() for item in plan.items)
    assert sorted(path.name for path in (coles_home / "runs").iterdir()) == sorted([unsure.id, young.id])
    assert sorted(path.name for path in (coles_home / "store").glob("[!.]*")) == [
        "shared-rows", "unsure-split", "y-split",
    ]  # fmt: skip
    with pytest.raises(UnknownRunError, match="0 runs start with 'old'"):
        plan_removal(Choice(runs=("old",)))


def test_a_run_somebody_works_on_is_kept_and_said(world, coles_home):
    run = world("one", days=40)
    with lock_run(run):
        plan = plan_removal(Choice(older_than=DAY))
        assert plan.items == []
        assert plan.kept == [f"run {run.id}: it is being worked on"]
    plan = plan_removal(Choice(older_than=DAY))
    with lock_run(run):  # begun after it was shown
        assert not any(item.remove() for item in plan.items)
    run.record_stage("search", seconds=1)  # worked on after it was shown
    assert not any(item.remove() for item in plan.items)
    assert run.manifest["stages"] == {"search": {"seconds": 1}}
    assert (coles_home / "store" / "one-split" / "data").exists()


def test_an_orphan_that_a_run_begins_to_use_after_it_was_shown_is_kept(world, coles_home):
    orphan = folder(coles_home / "store" / "0123-rows")
    (item,) = plan_removal(Choice()).items
    world("one").uses(orphan)
    assert not item.remove()
    assert (orphan / "data").exists()


@pytest.mark.parametrize("manifest", ['{"created": "2026', "[]", '{"store": 3}', None])
def test_a_manifest_that_cannot_be_read_keeps_the_whole_store(world, coles_home, manifest):
    run, orphan = world("one"), folder(coles_home / "store" / "0123-rows")
    (shown,) = plan_removal(Choice()).items
    file = run.path / "manifest.json"
    file.unlink() if manifest is None else file.write_text(manifest)
    plan = plan_removal(Choice())
    assert plan.items == []
    assert len(plan.kept) == 1
    assert run.id in plan.kept[0]
    assert not shown.remove()
    assert orphan.exists()
    both = plan_removal(Choice(runs=(run.id,)))  # with the run, what it stood on is of no use
    assert paths(both, "store folders of no run") == ["0123-rows", "one-split", "shared-rows"]
    assert all(item.remove() for item in both.items)


def test_what_a_living_process_makes_is_no_orphan_and_a_dead_ones_is_litter(coles_home):
    code = """
import sys
from coles_ops.artefacts import home, publish
with publish(home().store / "0123-rows") as partial:
    print(partial, flush=True)
    sys.stdin.read()
"""
    maker = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    partial = Path(maker.stdout.readline().strip())
    os.utime(partial, (0, 0))
    assert plan_removal(Choice()).items == []
    maker.kill()
    maker.communicate()
    assert paths(plan_removal(Choice()), "half-made artefacts") == [partial.name]


def clean(*arguments: str, answer: str | None = None):
    return CliRunner().invoke(app, ["clean", *arguments], input=answer)


def test_the_command_shows_asks_and_removes(world, coles_home):
    run, orphan = world("one", days=40), folder(coles_home / "store" / "0123-rows", 5 << 20)
    for arguments, answer in ((("--dry-run",), None), ((), "n\n")):
        shown = clean(*arguments, answer=answer)
        assert shown.exit_code == 0, shown.output
        for word in ("store folders of no run", "1 in all", "store/0123-rows", "5.0 MB"):
            assert word in shown.output
        assert orphan.exists()
    done = clean("--older-than", "30d", "--yes")
    assert "removed 5.0 MB" in done.output
    assert run.id in done.output
    assert not orphan.exists()
    assert not run.path.exists()
    assert "nothing to remove" in clean("--yes").output


@pytest.mark.parametrize("arguments", [("--older-than", "month"), ("--verdict", "bad"), ("--run", "nothing")])
def test_a_mistake_is_one_line_and_removes_nothing(world, coles_home, arguments):
    orphan = folder(coles_home / "store" / "0123-rows")
    done = clean(*arguments, "--yes")
    assert done.exit_code == 2
    assert arguments[1] in done.output
    assert orphan.exists()
