"""The environment of Prefect and of all that it starts; ``coles_ops.switches`` has set what other libraries need."""

import os
from pathlib import Path

from coles_ops.artefacts import home

ROOT = Path(__file__).parent.parent
POOL = "coles"  # Prefect's work pool


def environment(**more: str) -> dict[str, str]:
    """This process's environment with what Prefect needs, where the user has not set it, and ``more``."""
    base = {
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
    """Set it for this process; must come before Prefect is imported."""
    for name, value in environment().items():
        os.environ.setdefault(name, value)
