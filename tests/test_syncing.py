"""A W&B that does not want us, or hangs, costs seconds and is no failure."""

import json
import logging
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import psutil
import pytest
import wandb

from coles_ops.config import Tracking
from coles_ops.syncing import send


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


def sent(folder, caplog, timeout: int = 120) -> tuple[str, float]:
    """What is warned of, and the seconds it took."""
    caplog.clear()
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="coles.track"):
        send(folder, Tracking(mode="online", sync_timeout=timeout))
    return caplog.text, time.monotonic() - began


def test_a_server_that_hangs_costs_the_time_limit_once_and_leaves_no_process(server, runs, caplog, monkeypatch):
    mark = uuid4().hex
    monkeypatch.setenv("COLES_TEST_MARK", mark)
    text, _ = sent(runs, caplog, timeout=8)
    assert "it took more than 8 s; later: `wandb sync" in text
    assert len(server.asked) > 1  # the child came to the server
    assert not [p for p in psutil.process_iter() if marked(p, mark)]
    before = len(server.asked)
    text, seconds = sent(runs, caplog, timeout=8)
    assert "it took more than 8 s" in text
    assert seconds < 4
    assert len(server.asked) == before
    (runs.parent / "sync.json").write_text('{"attempt": "')  # torn: it is tried again
    server.accepts = False
    assert "does not accept the key" in sent(runs, caplog, timeout=8)[0]


def marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != psutil.Process().pid and process.environ().get("COLES_TEST_MARK") == mark
    except psutil.Error:
        return False


def test_who_is_not_known_is_said_at_once(server, runs, tmp_path, caplog, monkeypatch):
    server.accepts = False
    text, seconds = sent(runs, caplog)
    assert "does not accept the key of the login: `wandb login --relogin`" in text
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    text, more = sent(runs, caplog)
    assert "there is no login for http://127.0.0.1" in text
    assert seconds + more < 10
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_or_silent_costs_seconds(server, runs, caplog, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", f"{os.environ['WANDB_BASE_URL']}/silent")
    text, seconds = sent(runs, caplog)
    assert "cannot be reached (timed out)" in text or "does not answer within" in text
    assert seconds < 10
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    text, seconds = sent(runs, caplog)
    assert "http://127.0.0.1:9 cannot be reached ([Errno 111] Connection refused); later: `wandb sync" in text
    assert seconds < 5
