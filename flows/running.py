"""The first line of every flow: settings checked, data found, run opened, before any work."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from prefect.context import FlowRunContext

from coles_ops.config import load_config
from coles_ops.litter import sweep
from coles_ops.run import Run, lock_run, open_run, settle_run
from coles_ops.tuning import plan_trials

logging.getLogger("coles").setLevel(logging.INFO)  # Prefect gives extra loggers its handlers but no level
log = logging.getLogger("coles.run")

PATIENT = ContextVar("PATIENT", default=False)  # whether to wait for another process, also outside a flow run


@contextmanager
def running(config: str, overrides: dict[str, Any] | None) -> Iterator[Run]:
    """Yield the run of a configuration, held against other processes while the block works on it.

    Where another process works on it, a flow run waits, and so does ``coles run --wait``.

    Raises:
        ConfigError: the configuration or an override does not validate, or a trial is not possible.
        DataError: an input file is missing.
        RunBusyError: another process works on the same run, and nobody said to wait.
    """
    settings = load_config(config, overrides)
    plan_trials(settings)  # one that is not possible shows before Spark starts
    sweep()
    run = open_run(settings)
    with lock_run(run, wait=PATIENT.get() or FlowRunContext.get() is not None):
        settle_run(run)
        log.info("run %s in %s", run.id, run.path)
        yield run
    sweep()  # what orphans of a killed process were still writing at the first one
