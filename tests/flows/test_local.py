"""The local server: registration that keeps what users changed, and an end that leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(400)]

REGISTER_TWICE = """
from deployments import environment
environment.apply()
from deployments.local import local_prefect
with local_prefect():
    from prefect.client.orchestration import get_client
    from deployments.registration import register
    def schedule():
        with get_client(sync_client=True) as client:
            (found,) = [d for d in client.read_deployments() if d.name == "retrain"]
            (one,) = found.schedules
            return client, found, one
    print("at first", schedule()[2].active)
    with get_client(sync_client=True) as client:
        _, found, one = schedule()
        client.update_deployment_schedule(found.id, one.id, active=True)
    print("names", *register())
    print("in the end", schedule()[2].active)
"""


def python(*arguments: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "COLES_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_of(home: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("COLES_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_a_resumed_schedule_stays_resumed_when_registered_again(tmp_path):
    printed, _ = python("-c", REGISTER_TWICE, home=tmp_path).communicate(timeout=300)
    assert "at first False" in printed, printed
    assert "names coles-validate/raw coles/full coles/retrain" in printed
    assert "in the end True" in printed
    assert not left_of(tmp_path)


def test_ctrl_c_ends_all_that_was_started(tmp_path):
    serving = python("-u", "-m", "deployments.cli", "serve", "--port", "0", home=tmp_path)
    assert serving.stdout
    for line in serving.stdout:
        if "deployment run coles/full" in line:
            break
    deadline = time.monotonic() + 30
    while len(left_of(tmp_path)) < 3 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert len(left_of(tmp_path)) >= 3  # itself, the server, the worker
    serving.send_signal(signal.SIGINT)
    rest, _ = serving.communicate(timeout=60)
    assert serving.returncode == 130, rest
    assert "interrupted" in rest
    assert not left_of(tmp_path)
