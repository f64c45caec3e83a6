"""What the console says, and with which exit code."""

import ctypes
import importlib
import pkgutil
import subprocess
import sys

import pytest
import typer
from evaluations import finished_evaluation
from typer.testing import CliRunner

from coles_ops.artefacts import write_json
from coles_ops.config import load_config
from coles_ops.schema import FaultError, UserError
from deployments.cli import app
from deployments.cli.console import mistakes

FOREIGN = "[red]x[/red] :smile: [bold] a|b [/nope]"
_DROP_FROM_BOUNDING_SET, _OVERRIDE_RIGHTS, _OVERRIDE_READING = 24, 1, 2


@pytest.fixture
def finished(coles_home):
    """A run folder with a leaderboard and a verdict of foreign names."""
    folder = coles_home / "runs" / "x-1"
    write_json(folder / "manifest.json", {"created": "2026-01-01", "inputs": [], "stages": {}})
    finished_evaluation(folder, load_config("completejourney"), FOREIGN)
    return folder


def coles(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, bound by the rights of files even where it is root's."""

    def bound() -> None:
        for capability in (_OVERRIDE_RIGHTS, _OVERRIDE_READING):
            ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, capability)

    command = [sys.executable, "-m", "deployments.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=bound)


def test_names_are_printed_as_they_are(finished):
    for command in (["runs"], ["show", "x"]):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.exception
        assert FOREIGN in done.output
    done = CliRunner().invoke(app, ["show", FOREIGN])
    assert f"0 runs start with {FOREIGN!r}" in done.output


def test_a_file_that_ends_too_early_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="ended too early") as raised, mistakes():
        raise EOFError
    assert isinstance(raised.value.__cause__, EOFError)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_that_comes_when_the_command_has_ended_disturbs_nothing(coles_home, name):
    late = f"import atexit, signal; atexit.register(signal.raise_signal, signal.{name})"
    code = f"{late}; import sys; sys.argv = ['coles', 'runs']; from deployments.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("x=[1", "ConfigError: --set x=[1, line 1, column 3: not YAML: expected ',' or ']'"),
        ("training.steps=&a [*a]", "column 5: *a names nothing above, or what it stands in"),
        ("=1", "write it as key=value"),
        ("dataset.[red]=1", "dataset.[red]: Extra inputs are not permitted"),
        (
            "evaluation.probes=[catboos]",
            "evaluation.probes.0: unknown probe 'catboos'; known: catboost, lightgbm",
        ),
    ],
)
def test_an_override_that_cannot_be_read_is_one_message(pair, message):
    done = CliRunner().invoke(app, ["plan", "completejourney", "--set", pair])
    assert done.exit_code == 2
    assert message in done.output


def test_a_home_that_may_only_be_read_is_read(finished, coles_home):
    folders = [finished, finished.parent, coles_home]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert FOREIGN in coles("show", "x").stdout
        done = coles("plan", "completejourney")
        assert done.returncode == 2
        assert done.stderr.startswith(f"PermissionError: {coles_home}")
        assert done.stderr.endswith(": Permission denied; set COLES_HOME to a folder of yours\n")
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_home_that_is_a_file_is_said(coles_home):
    coles_home.write_text("")
    done = coles("serve")
    assert (done.returncode, done.stderr) == (
        2, f"NotADirectoryError: {coles_home}/prefect: Not a directory; set COLES_HOME to a folder of yours\n",
    )  # fmt: skip


def kinds(root: type[UserError] = UserError) -> list[type[UserError]]:
    """Every kind of user's mistake there is."""
    for layer in ("coles_ops", "expectations", "deployments"):
        for module in pkgutil.walk_packages(importlib.import_module(layer).__path__, f"{layer}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return [kind for each in root.__subclasses__() for kind in (each, *kinds(each))]


def test_every_mistake_of_the_user_is_one_line_and_exit_code_2(capsys):
    found = kinds()
    names = {kind.__name__ for kind in found}
    assert names >= {"DataError", "ConfigError", "GateFailedError", "RunBusyError", "LaunchError", "ClusterError"}
    for kind in found:
        with pytest.raises(typer.Exit) as ended, mistakes():
            raise kind("column 'amount' is not there: name one that is")
        assert ended.value.exit_code == 2
        said = capsys.readouterr().err
        assert said == f"{kind.__name__}: column 'amount' is not there: name one that is\n"


def test_a_bug_keeps_its_traceback_and_blames_nobody():
    code = """
import numpy, sys
from coles_ops.datasets.synthetic import Synthetic
Synthetic.files = lambda _: numpy.zeros(3) + numpy.zeros(4)
sys.argv = ["coles", "plan", "synthetic"]
from deployments.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ValueError: operands could not be broadcast" in done.stderr


def test_a_failing_machine_is_one_message_and_no_mistake_of_the_user(capsys):
    with pytest.raises(typer.Exit) as ended, mistakes():
        raise FaultError("No space left on device: the same command goes on")
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "No space left on device: the same command goes on\n"
