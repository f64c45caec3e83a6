"""``python -m deployments.cli``."""

from deployments.cli import app

app()
