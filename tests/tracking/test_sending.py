"""A W&B that does not want us, or hangs, costs seconds and is no failure."""

import json
import os
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
import wandb
from tables import tiny_run
from typer.testing import CliRunner

from coles_ops.config import Tracking
from coles_ops.tracking.sending import is_sent, send
from deployments.cli import app


class Server(BaseHTTPRequestHandler):
    """Says who asks, as W&B does, and answers nothing else while ``hanging``."""

    asked: list[bytes]
    accepts, hanging = True, threading.Event()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(body)
        if b"viewer { id } }" not in body or self.path != "/graphql":
            self.hanging.wait(60)
        answer = json.dumps({"data": {"viewer": {"id": "me"} if self.accepts else None}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A W&B server on loopback, to which everything here logs in."""
    Server.asked, Server.accepts, Server.hanging = [], True, threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        http.handle_error = lambda *_: None  # those who wait give up
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{http.server_port}")
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        yield Server
        Server.hanging.set()
        http.shutdown()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One offline run, as the tracker leaves it."""
    folder = tmp_path_factory.mktemp("written")
    settings = wandb.Settings(mode="offline", silent=True, console="off", x_disable_stats=True)
    wandb.init(dir=folder, project="p", settings=settings).finish()
    return folder / "wandb"


def sent(folder, timeout: int = 120, again: bool = False) -> tuple[str, float]:
    """Why it was not, and the seconds it took."""
    began = time.monotonic()
    reason = send(folder, Tracking(mode="online", sync_timeout=timeout), again)
    return reason or "", time.monotonic() - began


def test_a_server_that_hangs_costs_the_time_limit_once_and_leaves_no_process(server, runs, monkeypatch):
    mark = uuid4().hex
    monkeypatch.setenv("COLES_TEST_MARK", mark)
    text, _ = sent(runs, timeout=8)
    assert "it took more than 8 s" in text
    assert len(server.asked) > 1  # the child came to the server
    assert not [p for p in psutil.process_iter() if marked(p, mark)]
    before = len(server.asked)
    text, seconds = sent(runs, timeout=8)
    assert "it took more than 8 s" in text
    assert seconds < 4
    assert len(server.asked) == before
    (runs.parent / "sync.json").write_text('{"attempt": "')  # torn: it is tried again
    server.accepts = False
    assert "does not accept the key" in sent(runs, timeout=8)[0]


def marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != psutil.Process().pid and process.environ().get("COLES_TEST_MARK") == mark
    except psutil.Error:
        return False


def test_what_was_sent_is_not_sent_again_until_there_is_more_or_another_project(server, runs, tmp_path, monkeypatch):
    folder = Path(shutil.copytree(runs, tmp_path / "run" / "wandb"))
    uploads = []
    # W&B itself is not here
    monkeypatch.setattr("coles_ops.tracking.sending._sync", lambda *given: uploads.append(given))
    tracking = Tracking(mode="online")
    assert not is_sent(folder, tracking)
    for _ in range(2):
        assert send(folder, tracking, again=True) is None
        assert is_sent(folder, tracking.model_copy(update={"sync_timeout": 7}))
    assert len(uploads) == 1
    other = tracking.model_copy(update={"project": "other"})
    assert not is_sent(folder, other)
    (folder / "offline-run-later").mkdir()
    assert not is_sent(folder, tracking)
    send(folder, tracking)
    assert len(uploads) == 2


def test_the_command_says_how_each_run_stands(server, runs, tmp_path, coles_home):
    server.accepts = False
    tracked = tiny_run(tmp_path / "a")
    off = tiny_run(tmp_path / "b", tracking={"mode": "disabled"}, training={"seed": 5})
    shutil.copytree(runs, tracked.path / "wandb")
    lines = {}
    for arguments in ((), ("--dry-run",), (tracked.id,)):
        done = CliRunner().invoke(app, ["sync", *arguments])
        lines[arguments] = {line.split()[1]: line for line in done.output.splitlines() if "tiny" in line}
        assert done.exit_code == 1  # something is not there
    assert "does not accept the key" in lines[()][tracked.id]
    assert "tracking.mode is disabled" in lines[()][off.id]
    assert "not sent" in lines["--dry-run",][tracked.id]
    assert list(lines[tracked.id,]) == [tracked.id]


def test_who_is_not_known_is_said_at_once(server, runs, tmp_path, monkeypatch):
    server.accepts = False
    text, seconds = sent(runs)
    assert "does not accept the key of the login: `wandb login --relogin`" in text
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    text, more = sent(runs)
    assert "there is no login for http://127.0.0.1" in text
    assert seconds + more < 10
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_or_silent_costs_seconds(server, runs, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", f"{os.environ['WANDB_BASE_URL']}/silent")
    text, seconds = sent(runs)
    assert "cannot be reached (timed out)" in text or "does not answer within" in text
    assert seconds < 10
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    text, seconds = sent(runs)
    assert "http://127.0.0.1:9 cannot be reached ([Errno 111] Connection refused)" in text
    assert seconds < 5
