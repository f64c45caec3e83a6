"""What a killed process left is removed by the next one that starts; what a living one works on is not."""

import logging
import os
import time
from pathlib import Path

import pytest
from tables import tiny_run

from coles_ops.litter import _is_still, litter, readable, sweep
from coles_ops.run import lock_run

pytestmark = pytest.mark.usefixtures("own_temporary_folders")

PUBLISH = """
import sys
from pathlib import Path
from coles_ops.artefacts import publish
with publish(Path(sys.argv[1])) as partial:
    (partial / "half").write_bytes(b"0" * (3 << 20))
    print(partial, flush=True)
    sys.stdin.read()
"""


def old(path: Path, seconds: float = 7200) -> Path:
    for entry in (*path.rglob("*"), path):
        os.utime(entry, (time.time() - seconds,) * 2)
    return path


@pytest.fixture
def publisher(start_owner):
    """Start a process that is about to publish: (process, its half-made folder)."""
    return lambda target: start_owner(PUBLISH, target)


def test_half_of_a_killed_process_goes_and_that_of_a_living_one_stays(publisher, coles_home, caplog):
    living, kept = publisher(coles_home / "store" / "a-rows")
    dead, left = publisher(coles_home / "runs" / "r" / "evaluation" / "gru")
    dead.kill()
    dead.wait()
    old(kept), old(left)
    with caplog.at_level(logging.INFO, logger="coles.litter"):
        sweep()
    assert not left.exists()
    assert (kept / "half").exists()
    assert caplog.messages == ["removed 3.0 MB that killed processes had left"]
    living.communicate()
    assert (coles_home / "store" / "a-rows" / "half").exists()
    with caplog.at_level(logging.INFO, logger="coles.litter"):
        sweep()
    assert len(caplog.messages) == 1


def test_what_merely_looks_alike_is_left(coles_home):
    for name in (".partial-notes", ".partial-a-1234567", "partial-a-12345678", ".partial-a-12345678.txt"):
        old_folder = coles_home / "store" / name
        old_folder.mkdir(parents=True)
        old(old_folder, 1e7)
    young = coles_home / "digests" / ".partial-abc-12345678"
    young.parent.mkdir()
    young.write_text("being written")
    assert litter() == []
    old(young)
    assert [item.path for item in litter()] == [young]


def test_one_that_is_renamed_in_while_it_is_looked_at_is_no_litter(coles_home):
    assert not _is_still(coles_home / "digests" / ".partial-abc-12345678")


def test_one_of_another_start_of_the_machine_goes_after_two_days(coles_home):
    rebooted = coles_home / "store" / ".partial-abc-0badcafe-12345678"
    (rebooted / "sub").mkdir(parents=True)
    old(rebooted, 86_400)
    assert litter() == []
    old(rebooted, 3 * 86_400)
    sweep()
    assert not rebooted.exists()


def test_notes_of_ray_go_where_nobody_works_on_the_run(tmp_path):
    run = tiny_run(tmp_path / "world")
    notes = run.path / ".ray" / "search" / "state.json"
    notes.parent.mkdir(parents=True)
    notes.write_text("{}")
    sweep()
    assert notes.exists()  # written just now
    old(run.path / ".ray")
    with lock_run(run):
        sweep()
        assert notes.exists()
    sweep()
    assert not (run.path / ".ray").exists()


def test_a_flow_begins_with_a_sweep(tmp_path, coles_home):
    import yaml

    from flows.running import running

    run = tiny_run(tmp_path / "world")
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(run.config.model_dump(mode="json")))
    left = coles_home / "store" / ".partial-abc-12345678"
    left.mkdir(parents=True)
    old(left, 3 * 86_400)
    with running(str(tmp_path / "tiny.yaml"), None) as found:
        assert found.id == run.id
        assert not left.exists()


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 kB"), (5 << 40, "5,120.0 GB")]
)
def test_sizes_are_readable(size, text):
    assert readable(size) == text
