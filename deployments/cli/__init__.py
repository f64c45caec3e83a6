"""The command line. Exit codes: 0 done, 1 it failed, 2 the user's mistake, 130 interrupted, 143 terminated.

``console`` holds what all commands share; every other module registers its commands on import.
"""

from deployments.cli import check, clean, data, inspect, jobs, runs, server
from deployments.cli.console import app

__all__ = ["app", "check", "clean", "data", "inspect", "jobs", "runs", "server"]
