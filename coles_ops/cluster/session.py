"""The Ray that trials run on: one of our own on loopback, or the cluster that the configuration names."""

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

from coles_ops.config import Config
from coles_ops.schema import UserError
from coles_ops.scratch import scratch
from coles_ops.signals import same_handlers

_TRIES, _WAIT = 5, 3.0  # to reach the head, each so many seconds at most, one second apart: 19 s in all
_PATIENCE = 15  # seconds for a cluster that is reached to take us in
_VITAL = ("gcs_server", "raylet")  # without the other processes of Ray a search goes on

_JOIN = "import ray, signal; signal.alarm({patience}); ray.init(address={address!r}, log_to_driver=False)"


class ClusterError(UserError):
    """The Ray cluster at ``resources.ray_address`` does not take us in: names it, and what to check."""


@contextmanager
def ray_session(config: Config) -> Iterator[None]:
    """Around a block that uses Ray.

    Raises:
        ClusterError: there is no cluster at the address, or it refuses us; within 20 seconds.
    """
    import ray

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    address = config.resources.ray_address
    if address:
        _check(address)
    with scratch("ray", short=True) as folder:
        where = {"address": address} if address else _local(config, str(folder))
        with _keeping_sigterm():
            ray.init(**where, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=False)
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """Ray takes SIGTERM for itself, and its C++ part aborts on it: give it back to who had it."""
    before = signal.getsignal(signal.SIGTERM)
    with same_handlers(signal.SIGTERM):
        try:
            yield
        except SystemExit as ended:  # what Ray makes of a SIGTERM while it starts
            if ended.code == signal.SIGTERM and callable(before):
                before(signal.SIGTERM, None)
            raise


def dead_process() -> str | None:
    """The name of a vital process of a Ray of our own that has died; no public function of Ray knows its processes."""
    from ray._private import worker

    node = worker._global_node  # noqa: SLF001
    dead = {kind for kind, _ in node.dead_processes()} if node is not None else set[str]()
    return next((kind for kind in _VITAL if kind in dead), None)


def _local(config: Config, folder: str) -> dict[str, Any]:
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else Ray writes one into the user's home
    return {
        "address": "local",  # whatever RAY_ADDRESS says
        "num_cpus": config.resources.cores,
        "include_dashboard": False,
        "_temp_dir": folder,
        "_node_ip_address": "127.0.0.1",
        "object_store_memory": 100 * 2**20,  # trials share the event store through the page cache instead
    }


def _check(address: str) -> None:
    """Join the cluster in a process that can be killed: in ours, Ray would go on trying for minutes."""
    if address != "auto":
        _reach(address)
    command = [sys.executable, "-c", _JOIN.format(patience=_PATIENCE, address=address)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        why = shorten(lines[-1], 160) if done.returncode > 0 and lines else f"no answer within {_PATIENCE} s"
        raise ClusterError(
            f"resources.ray_address: the Ray cluster at {address} does not take us in ({why}). This machine must be a "
            "node of it (ray start --address=...), with the same version of Ray. A cluster wants its token unless it "
            "was started with RAY_AUTH_MODE=disabled: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
        )


def _reach(address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or "/" in host:
        raise ClusterError(f"resources.ray_address is {address!r}: write host:port of the head node, or auto")
    for remaining in reversed(range(_TRIES)):
        try:
            socket.create_connection((host, int(port)), timeout=_WAIT).close()
            return
        except OSError as error:
            if not remaining:
                raise ClusterError(
                    f"resources.ray_address: nothing answers at {address} ({error}). Is the head of the Ray cluster up "
                    "(ray start --head), is this its port (6379 by default), and may this machine reach it? Without "
                    "the setting, coles starts a Ray of its own"
                ) from None
        time.sleep(1)
