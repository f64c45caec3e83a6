"""What stands in the file is what is set, or one message says where it is not."""

import time
import tracemalloc

import pytest

from coles_ops.config import ConfigError, load_config, parse_yaml

BOMB = "\n".join(["a0: &a0 [x]", *(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(9))])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1", r"mine, line 1, column 3: not YAML: expected ',' or ']'"),
        ("a:\n\t b: 1", r"mine, line 2, column 1: not YAML: .*indent with spaces, not with tabs"),
        ("a: b: c", r"mine, line 1, column 5: not YAML"),
        ("a: 1\nb: 2\na: 3", r"mine, line 3, column 1: 'a' is set in line 1 already: keep one"),
        ("x:\n  deep: {k: 1, k: 1}", r"mine, line 2, column 16: 'k' is set in line 2 already"),
        (BOMB, r"mine, line \d, column \d+: more than 100000 values"),
        ("a: &a [*a]", r"mine, line 1, column 8: \*a names nothing above, or what it stands in"),
        ("a: *b", r"mine, line 1, column 4: \*b names nothing above"),
        ("[" * 100_000, r"mine, line 1, column 51: more than 50 levels"),
        ("a: !!python/object/apply:os.system [echo]", r"could not determine a constructor"),
        ("a: 2024-02-31", r"mine: not YAML: day is out of range"),
        ("a: \x00", r"mine: not YAML: .*special characters are not allowed"),
    ],
)
def test_what_cannot_be_read_is_one_line(text, message):
    with pytest.raises(ConfigError, match=message) as refused:
        parse_yaml(text, "mine")
    assert "\n" not in str(refused.value)


def test_an_alias_and_a_merge_are_read():
    assert parse_yaml("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3", "mine")["mine"] == {"x": 1, "y": 3}


def test_a_bomb_costs_neither_time_nor_memory():
    began = time.monotonic()
    tracemalloc.start()
    with pytest.raises(ConfigError):
        parse_yaml(BOMB, "mine")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - began < 5
    assert peak < 20e6


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: \xff", r"mine\.yaml is not UTF-8 at byte 6: save it as UTF-8"),
        ("name: x".encode("utf-16"), r"mine\.yaml is not UTF-8 at byte 0"),
        (b"x" * (1 << 21), r"mine\.yaml is larger than 1 MB"),
        (b"", r"mine\.yaml must hold a mapping"),
        (b"- a", r"mine\.yaml must hold a mapping"),
        (b"text", r"mine\.yaml must hold a mapping"),
    ],
)
def test_a_file_that_is_no_configuration_is_said(tmp_path, content, message):
    file = tmp_path / "mine.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load_config(file)


def test_a_mark_of_utf_8_is_no_part_of_it(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: x\ndataset: {name: completejourney}", encoding="utf-8-sig")
    assert load_config(file).name == "x"


def test_a_folder_and_a_file_that_cannot_be_read_are_said(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.yaml is a folder: give the YAML file in it"):
        load_config(tmp_path / "folder.yaml")
    (tmp_path / "no.yaml").symlink_to("/proc/self/mem")
    with pytest.raises(ConfigError, match=r"no\.yaml cannot be read: Input/output error"):
        load_config(tmp_path / "no.yaml")
