"""Sending W&B files to their server: asked first within seconds, within a time limit, and once."""

import base64
import hashlib
import json
import netrc
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from coles_ops.artefacts import DamagedError, fingerprint, read_json, write_json
from coles_ops.config import Tracking

_NOTE = "sync.json"
_ASK = 5.0  # seconds in which the server says who we are
_WHO = json.dumps({"query": "query { viewer { id } }"}).encode()


def send(folder: Path, tracking: Tracking, again: bool = False) -> str | None:
    """Send the offline runs of a folder; returns why they are not there, None where they are.

    What came of it is kept in ``sync.json`` beside the folder: what was sent is not sent again.

    Args:
        folder: of a run's W&B files.
        tracking: project, entity and time limit.
        again: try also what took too long or was refused with the same settings and login.
    """
    server, login = _server()
    to, note = _destination(folder, tracking, server, login), folder.with_name(_NOTE)
    attempt, before = fingerprint(to, tracking.sync_timeout), _noted(note)
    if before.get("to") == to and before.get("reason") is None:
        return None
    if before.get("attempt") == attempt and not again:
        return before.get("reason")
    if reason := _refusal(server, login):
        return reason  # asking costs little: it is done again by the next run
    reason = _sync(folder, _runs(folder), tracking.sync_timeout)
    write_json(note, {"to": to, "attempt": attempt, "reason": reason})
    return reason


def is_sent(folder: Path, tracking: Tracking) -> bool:
    """Whether all offline runs of a folder were sent to where they would be sent now."""
    before = _noted(folder.with_name(_NOTE))
    return before.get("to") == _destination(folder, tracking, *_server()) and before.get("reason") is None


def refused() -> str | None:
    """Why the W&B of this login would take nothing, said within seconds; None where it would."""
    return _refusal(*_server())


def _runs(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("offline-run-*"))


def _destination(folder: Path, tracking: Tracking, server: str, login: str | None) -> str:
    """Fingerprint of what is sent, where and by whom."""
    who = hashlib.sha256((login or "").encode()).hexdigest()
    return fingerprint(_runs(folder), tracking.project, tracking.entity, server, who)


def _noted(note: Path) -> dict[str, Any]:
    try:
        found = read_json(note)
    except (FileNotFoundError, DamagedError):  # torn: it is tried again
        return {}
    return found if isinstance(found, dict) else {}


def _server() -> tuple[str, str | None]:
    """URL of the server and the key to it, if there is one, as wandb finds them."""
    import wandb

    settings = wandb.setup().settings
    url = os.environ.get("WANDB_BASE_URL") or settings.base_url
    key = os.environ.get("WANDB_API_KEY") or settings.api_key
    if not key:
        with suppress(OSError, netrc.NetrcParseError):
            found = netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(url).hostname or "")
            key = found[2] if found else None
    return url.rstrip("/"), key


def _refusal(server: str, key: str | None) -> str | None:
    """Why the server would take nothing, said within seconds; None where it would."""
    if "WANDB_IDENTITY_TOKEN_FILE" in os.environ:
        return None  # a login of another kind: the sync itself tells
    if not key:
        return f"there is no login for {server}: `wandb login`"
    answer: list[str | None] = []
    asking = threading.Thread(target=lambda: answer.append(_ask(server, key)), daemon=True)
    asking.start()  # the look-up of a name knows no time limit
    asking.join(_ASK + 1)
    return answer[0] if answer else f"{server} does not answer within {_ASK:g} s"


def _ask(server: str, key: str) -> str | None:
    login = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server}/graphql", _WHO, headers)
    try:
        with urllib.request.urlopen(request, timeout=_ASK) as response:
            known = json.load(response)["data"]["viewer"]
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403):
            return f"{server} answers {error.code} {error.reason}"
        known = None
    except (KeyError, TypeError, json.JSONDecodeError):
        return f"{server} does not answer as W&B does"
    except (OSError, ValueError) as error:
        return f"{server} cannot be reached ({getattr(error, 'reason', error)})"
    return None if known else f"{server} does not accept the key of the login: `wandb login --relogin`"


def _sync(folder: Path, runs: list[str], timeout: int) -> str | None:
    """``wandb sync`` in a child; returns why it did not come to its end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", *runs],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"it took more than {timeout} s"
    finally:
        end(child)
    return None if child.returncode == 0 else (output.strip().splitlines() or ["no reason given"])[-1]


def end(child: subprocess.Popen[Any]) -> None:
    """End a child, the leader of a session, with all that it started, also what made itself a session of its own."""
    if child.poll() is None:
        for process in psutil.Process(child.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
