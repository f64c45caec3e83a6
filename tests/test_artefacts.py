import os
import time

import pytest

from coles_ops.artefacts import code_version, file_digest, fingerprint, publish, write_json


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
    os.utime(two, (time.time() + 5, time.time() + 5))
    assert fingerprint(one) != fingerprint(two)
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_a_digest_is_remembered_until_the_file_changes(tmp_path, coles_home):
    file = tmp_path / "data"
    file.write_bytes(b"0" * 100)
    first = file_digest(file)
    assert [p.read_text() for p in (coles_home / "digests").iterdir()] == [first]
    file.write_bytes(b"1" * 101)
    assert file_digest(file) != first


def test_code_versions_tell_modules_apart():
    assert code_version("coles_ops/store.py") != code_version("coles_ops/schema.py")
    assert code_version("coles_ops") == code_version("coles_ops")


def test_json_is_replaced_whole(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, {"a": 1})
    with pytest.raises(TypeError):
        write_json(file, {("not", "json"): 1})
    assert file.read_text() == '{\n  "a": 1\n}\n'
    assert list(tmp_path.iterdir()) == [file]
