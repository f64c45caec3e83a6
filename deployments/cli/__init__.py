"""The command line. Exit codes: 0 done, 1 it failed, 2 the user's mistake, 130 interrupted, 143 terminated.

``console`` holds what all commands share; every other module registers its commands on import.
"""

import signal

from deployments.cli import check, clean, compare, dashboard, data, embed, inspect, jobs, runs, server, sync
from deployments.cli.console import app

__all__ = ["app", "main"]
__all__ += ["check", "clean", "compare", "dashboard", "data", "embed", "inspect", "jobs", "runs", "server", "sync"]


def main() -> None:
    """Run a command; a signal that comes when it has ended is too late, it would only disturb the clean-up."""
    try:
        app()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
