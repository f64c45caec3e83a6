"""Scratch folders: gone at the end, and where the owner was killed, found by the next process and no sooner."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from coles_ops.ownership import this_start
from coles_ops.scratch import OWNER, abandoned, remove_abandoned, scratch

pytestmark = pytest.mark.usefixtures("own_temporary_folders")

HOLD = """
import sys
from coles_ops.scratch import scratch
with scratch(sys.argv[1]) as folder:
    (folder / "sub").mkdir()
    (folder / "sub" / "x").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def age(folder: Path) -> None:
    """As if it had been made a while ago: a process gets a moment to lock what it has made."""
    os.utime(folder, (0, 0))


def note_of(folder: Path, start: str | None = None) -> str:
    return json.dumps({"folder": str(folder), "start": start or this_start(), "register": str(folder.parent / "x")})


@pytest.fixture
def owner(tmp_path, start_owner):
    """Start a process that owns a scratch folder below a TMPDIR of its own: (process, folder)."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    return lambda: start_owner(HOLD, "spark", TMPDIR=str(elsewhere))


def test_it_is_gone_at_the_end_also_of_an_error(coles_home):
    with pytest.raises(RuntimeError), scratch("spark") as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "link").symlink_to("nowhere")
        raise RuntimeError
    assert folder.name.startswith("coles-spark-")
    assert not folder.exists()
    assert not list((coles_home / "scratch").iterdir())


def test_one_that_somebody_removed_by_hand_is_no_error(coles_home):
    with scratch("spark") as folder:
        shutil.rmtree(folder)
    assert not list((coles_home / "scratch").iterdir())


def test_that_of_a_killed_process_is_found_and_that_of_a_living_one_is_not(owner, coles_home):
    (living, kept), (dead, left) = owner(), owner()
    age(kept)
    age(left)
    assert abandoned() == []
    assert not remove_abandoned(kept)
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert abandoned() == [left]
    assert remove_abandoned(left)
    assert not left.exists()
    assert (kept / "sub" / "x").exists()
    assert [entry.name for entry in (coles_home / "scratch").iterdir()] == [kept.name]
    living.communicate()
    assert not kept.exists()


def test_with_one_that_holds_another_its_entry_goes_too(owner, start_owner, coles_home):
    dead, outer = owner()
    both, inner = start_owner(HOLD, "wandb", TMPDIR=str(outer))
    for process in (dead, both):
        process.kill()
        process.wait()
    age(outer)  # the inner one is too young to be swept by itself
    assert abandoned() == [outer]
    assert remove_abandoned(outer)
    assert not inner.exists()
    assert not list((coles_home / "scratch").iterdir())


def test_one_whose_owner_was_killed_before_its_note_is_found_by_the_register(owner):
    dead, folder = owner()
    dead.kill()
    dead.wait()
    (folder / OWNER).unlink()
    age(folder)
    assert abandoned() == [folder]
    assert remove_abandoned(folder)


def test_an_owner_that_ends_in_order_while_it_is_swept_is_no_error(owner):
    living, folder = owner()
    living.communicate()
    remove_abandoned(folder)
    assert abandoned() == []


def test_what_merely_looks_alike_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = {"coles-spark-nonote": None, "coles-spark-torn": '{"folder": ', "coles-spark-list": "[]"}
    kept |= {"coles-spark-copied": note_of(tmp_path / "coles-spark-other")}
    for name, text in kept.items():
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / OWNER).write_text(text)
        age(tmp_path / name)
    real = tmp_path / "real"
    real.mkdir()
    (real / OWNER).write_text(note_of(tmp_path / "coles-spark-link"))
    age(real)
    (tmp_path / "coles-spark-link").symlink_to(real)
    assert abandoned() == []


def test_that_of_another_user_or_of_another_machine_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one, other = tmp_path / "coles-spark-one", tmp_path / "coles-spark-other"
    for folder, start in ((one, this_start()), (other, "0badcafe")):
        folder.mkdir()
        (folder / OWNER).write_text(note_of(folder, start))
        age(folder)
    assert abandoned() == [one]
    os.utime(other / OWNER, (0, 0))  # for two days nothing was written there
    assert abandoned() == [one, other]
    monkeypatch.setattr("os.getuid", lambda: one.stat().st_uid + 1)
    assert abandoned() == []
    remove_abandoned(one)
    assert one.exists()


def test_sockets_fit_below_a_short_one(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    monkeypatch.setattr("coles_ops.scratch._SHORT_BASE", "/tmp")
    with scratch("spark") as folder:
        assert folder.parent == long
    with scratch("ray", short=True) as folder:
        assert len(f"{folder}/session_2026-11-26_19-00-29_123456_1234567/sockets/plasma_store") <= 107
