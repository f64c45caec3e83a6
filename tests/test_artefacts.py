import hashlib
import os
import shutil

import pytest

from coles_ops.artefacts import (
    DamagedError,
    file_digest,
    fingerprint,
    intact,
    publish,
    publish_file,
    read_json,
    reading,
    write_json,
)


def test_a_published_folder_is_whole_or_absent(tmp_path):
    target = tmp_path / "store" / "a"
    with pytest.raises(RuntimeError), publish(target) as partial:
        (partial / "half").write_text("x")
        raise RuntimeError
    assert list(target.parent.iterdir()) == []
    with publish(target) as partial:
        (partial / "whole").write_text("x")
        assert not target.exists()
    assert (target / "whole").read_text() == "x"
    assert list(target.parent.iterdir()) == [target]


def test_the_first_of_two_publishers_wins(tmp_path):
    target = tmp_path / "a"
    with publish(target) as slow:
        (slow / "by").write_text("slow")
        with publish(target) as fast:
            (fast / "by").write_text("fast")
    assert (target / "by").read_text() == "fast"
    assert list(tmp_path.iterdir()) == [target]


def test_a_fingerprint_follows_contents_not_names_or_key_order(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("same")
    two.write_text("same")
    assert fingerprint({"a": 1, "b": 2}, one) == fingerprint({"b": 2, "a": 1}, two)
    two.write_text("other")
    assert fingerprint(one) != fingerprint(two)
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_a_large_digest_is_remembered_until_anything_of_the_file_changes(tmp_path, coles_home, monkeypatch):
    monkeypatch.setattr("coles_ops.artefacts.digests._SETTLED", 0)
    file = tmp_path / "data"
    file.write_bytes(b"0" * (1 << 20))
    stat, first = file.stat(), file_digest(file)
    (note,) = (coles_home / "digests").iterdir()
    assert note.read_text() == f"{first}\n{file}"
    assert first == hashlib.sha256(b"0" * (1 << 20)).hexdigest()
    note.write_text(f"remembered\n{file}")
    assert file_digest(file) == "remembered"
    file.write_bytes(b"1" * (1 << 20))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file_digest(file) == hashlib.sha256(b"1" * (1 << 20)).hexdigest()


def test_no_digest_is_remembered_of_a_file_that_may_still_change_within_a_tick(tmp_path, coles_home):
    file = tmp_path / "data"
    file.write_bytes(b"0" * (1 << 20))
    file_digest(file)
    assert not (coles_home / "digests").exists()


def test_an_artefact_of_something_else_is_made_anew(tmp_path, coles_home, caplog):
    target = coles_home / "runs" / "r" / "a"
    with publish(target, "one") as partial:
        (partial / "sub").mkdir()
        (partial / "sub" / "x").write_text("x")
    assert intact(target, "one")
    assert not intact(target, "two")
    assert "made from something else" in caplog.text
    (kept,) = (coles_home / "damaged" / "runs" / "r").iterdir()
    assert (kept / "sub" / "x").read_text() == "x"


def test_a_published_file_is_whole_or_absent_and_sealed(tmp_path, coles_home, caplog):
    target = tmp_path / "a.json"
    with pytest.raises(RuntimeError), publish_file(target) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with publish_file(target) as partial:
        partial.write_text("whole")
    assert intact(target)
    target.write_text("WHOLE")
    assert not intact(target)
    assert f"{target} has other contents than were written" in caplog.text


def test_a_copy_is_as_good_as_what_it_was_copied_from(tmp_path):
    with publish(tmp_path / "a") as partial:
        (partial / "x").write_text("x")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert intact(tmp_path / "b")


def test_what_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"a":')
    with pytest.raises(DamagedError, match=r"a\.json cannot be read, it is damaged: JSONDecodeError"):
        read_json(file)
    with pytest.raises(FileNotFoundError, match=r"b\.json"):
        read_json(tmp_path / "b.json")
    with pytest.raises(MemoryError), reading(file):
        raise MemoryError


def test_json_is_replaced_whole(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, {"a": 1})
    with pytest.raises(TypeError):
        write_json(file, {("not", "json"): 1})
    assert file.read_text() == '{\n  "a": 1\n}\n'
    assert list(tmp_path.iterdir()) == [file]
