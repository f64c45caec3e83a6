"""A W&B on loopback that speaks as much GraphQL as it takes to keep views, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(BaseHTTPRequestHandler):
    """One class a server: what it keeps stands in the class."""

    protocol_version = "HTTP/1.1"
    views: dict[str, dict[str, Any]]  # by name
    projects: set[str]
    error = ""  # what it says of every view that is put here
    accepts = True  # the login
    asked = 0
    hanging: threading.Event | None = None  # until it is set, nothing is answered but who asks

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked += 1
        if self.hanging and "viewer { id } }" not in asked["query"]:
            self.hanging.wait(120)
        self.reply(json.dumps(self.answer(asked["query"], asked.get("variables") or {})).encode())

    def answer(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        if "upsertView" in query:
            if self.error:
                return {"errors": [{"message": self.error}]}
            known = self.views.setdefault(given["name"], {"id": f"view-{len(self.views)}"})
            known |= {"spec": given["spec"], "displayName": given["displayName"], "asked": given.get("id")}
            project = {"name": given["projectName"], "entityName": given["entityName"]}
            view = {"id": known["id"], "name": given["name"], "project": project}
            return {"data": {"upsertView": {"view": view, "inserted": True}}}
        if "allViews" in query:
            found = [view for name, view in self.views.items() if name == given["viewName"]]
            return {"data": {"project": {"allViews": {"edges": [{"node": view} for view in found]}}}}
        if "upsertModel" in query:
            self.projects.add(given["input"]["name"])
            made = {"id": "p", "name": given["input"]["name"], "entityName": "team"}
            return {"data": {"result": {"project": made, "model": made, "inserted": True}}}
        me = {"id": "me", "entity": "team", "username": "me", "flags": "{}", "email": "", "teams": {"edges": []}}
        return {"data": {"viewer": me if self.accepts else None}}

    def reply(self, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nothing."""


@contextmanager
def serving(monkeypatch) -> Iterator[type[Server]]:
    """A server to which everything here logs in."""
    own = type("Own", (Server,), {"views": {}, "projects": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), own) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{http.server_port}")
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        http.handle_error = lambda *_: None  # those who wait give up
        yield own
        if own.hanging:
            own.hanging.set()
        http.shutdown()
