"""What a local launch is made of: endings, marked processes, services that are kept up, ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from typer.testing import CliRunner

from deployments import local
from deployments.cli import app
from deployments.endings import Terminated, ending_in_order, terminable
from deployments.local import LaunchError
from deployments.processes import MARK, end, marked
from deployments.services import TRIES, Service, ServiceError, failed

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"
PARENT = f"""
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE)
child.stdout.readline()
def last(*_):
    open(sys.argv[1], "w").write("alive" if child.poll() is None else "dead")
    sys.exit()
signal.signal(signal.SIGTERM, last)
print("up", flush=True)
time.sleep(99)
"""


def started(code: str, *arguments: str, mark: str) -> subprocess.Popen[str]:
    """A marked process with a session of its own, that is up."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, MARK: mark}, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
def test_the_first_signal_raises_later_ones_do_not_and_the_handlers_come_back(number, raised):
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(raised), ending_in_order():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
    with pytest.raises(Terminated), terminable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before[1]


def test_a_parent_is_asked_before_its_children_and_what_stays_is_killed(tmp_path):
    parent, other = started(PARENT, str(tmp_path / "said"), mark="ours.worker"), started(STUBBORN, mark="others")
    try:
        assert len(marked("ours")) == 2
        end("ours", patience=2)
        assert not marked("ours")
        assert (tmp_path / "said").read_text() == "alive"
        assert other.poll() is None
    finally:
        for process in (parent, other):
            process.kill()
            process.wait()


def test_a_service_that_does_not_stay_up_ends_the_block_and_names_its_log(tmp_path, caplog):
    service = Service("worker", ["no-such-command"], tmp_path, "failing")
    with pytest.raises(Terminated) as ended, ending_in_order(), service:
        time.sleep(200)
    failure = failed([service], ended.value)
    assert isinstance(failure, ServiceError)
    assert str(tmp_path / "worker.log") in str(failure)
    assert "no-such-command" in (tmp_path / "worker.log").read_text()
    assert caplog.text.count("it is started again") == TRIES - 1


def test_variables_come_back(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://theirs/api")
    before = dict(os.environ)
    with suppress(KeyboardInterrupt), local._variables({"PREFECT_API_URL": "http://ours/api", MARK: "ours"}):
        from prefect.settings import PREFECT_API_URL

        assert PREFECT_API_URL.value() == "http://ours/api"
        raise KeyboardInterrupt
    assert PREFECT_API_URL.value() == "http://theirs/api"
    assert dict(os.environ) == before


@pytest.mark.prefect
def test_environment_and_handlers_of_a_process_come_back_after_its_server():
    def state() -> tuple[dict[str, str], list[object]]:
        return dict(os.environ), [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]

    before = state()
    with pytest.raises(KeyboardInterrupt), local.local_prefect() as url:
        assert os.environ["PREFECT_API_URL"] == url
        signal.raise_signal(signal.SIGINT)
    assert state() == before


@pytest.mark.parametrize(("port", "said"), [(70000, "from 1 to 65535"), (-1, "from 1 to 65535"), (None, "is taken")])
def test_a_port_that_cannot_be_is_one_message(port, said):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = CliRunner().invoke(app, ["serve", "--port", str(port or taken.getsockname()[1])])
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_another_launch_on_the_same_home_is_refused(coles_home):
    folder = coles_home / "prefect"
    folder.mkdir(parents=True)
    with local._only_one(folder / ".lock"), pytest.raises(LaunchError, match="already runs"), local.local_prefect():
        pass


def test_without_a_server_to_register_with_it_is_one_message(monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    unset = CliRunner().invoke(app, ["deploy"])
    nobody = f"http://127.0.0.1:{local._free_port()}/api"
    with local._variables({"PREFECT_API_URL": nobody}):
        unheard = CliRunner().invoke(app, ["deploy"])
    assert (unset.exit_code, unheard.exit_code) == (2, 2)
    assert "PREFECT_API_URL is not set" in unset.output
    assert f"{nobody}, the server of PREFECT_API_URL, does not answer" in unheard.output
    assert "Traceback" not in unheard.output
