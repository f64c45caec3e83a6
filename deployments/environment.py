"""The environment every process of coles runs in: loopback only, no usage analytics, one home folder."""

import os
from pathlib import Path

from coles_ops.artefacts import home

ROOT = Path(__file__).parent.parent
POOL = "coles"  # Prefect's work pool

OFF_SWITCHES = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else a local Ray listens on all addresses
    "WANDB_ERROR_REPORTING": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "SPARK_LOCAL_IP": "127.0.0.1",
}


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the off switches where the user has not set them, and ``more``."""
    base = {
        **OFF_SWITCHES,
        "COLES_HOME": str(home()),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "coles",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        # A restart of the server ends no flow run: who asks it tries for 4 minutes, and the leases behind limits
        # that users set lie in PREFECT_HOME and not in its memory.
        "PREFECT_CLIENT_MAX_RETRIES": "7",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    return {**base, **os.environ, **more}


def apply() -> None:
    """Set the off switches for this process; must come before the libraries are imported."""
    for name, value in environment().items():
        os.environ.setdefault(name, value)
