"""What every task of coles has in common.

- Results are not cached by Prefect: a stage publishes its artefact whole, under its fingerprint, and finds it
  again, so a rerun or a retry does only what is missing, in this flow run or in the next.
- A user's mistake (UserError) fails at once: running it again cannot help. Anything else, a full disk or a
  lost worker, is tried once more after ten seconds.
- Seconds, peak memory, versions of packages and resources of each stage go into the run's manifest; what a person
  wants to see of its result goes into an artifact of the Prefect UI.
- Outside a flow run a task is its plain function, which is how ``coles run`` works without a server.
"""

import logging
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar

from prefect import task as prefect_task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from coles_ops.artefacts import Artefact, package_versions
from coles_ops.run import Run
from coles_ops.schema import UserError
from coles_ops.usage import measure

log = logging.getLogger("coles.stages")

Made = TypeVar("Made", bound=Artefact)
RETRY_DELAY = 10  # seconds


def task(function: Callable[..., Made], name: str, show: Callable[[Run, Made], str]) -> Callable[..., Made]:
    """Make a stage of a pure function ``(run, *upstream artefacts) -> artefact``.

    Args:
        function: the stage; returns its artefact, with ``cached`` set where nothing was to do.
        name: the stage's name in the UI, in logs and in the run's manifest.
        show: renders what a person should see of the result, as Markdown.
    """

    def measured(run: Run, *upstream: Artefact) -> Made:
        log.info("%s …", name)
        with measure() as usage:
            artefact = function(run, *upstream)
        if artefact.cached:
            log.info("%s: found, nothing to do", name)
        else:
            log.info("%s: done in %.0f s, peak %.0f MB", name, usage.seconds, usage.peak_mb)
            run.record_stage(
                name,
                seconds=round(usage.seconds, 1),
                peak_mb=round(usage.peak_mb),
                artefact=artefact.fingerprint,
                versions=package_versions(function.__module__),
            )
            resources = run.config.resources
            run.record_machine(name, **resources.model_dump(), cores=resources.cores)
        return artefact

    def shown(run: Run, *upstream: Artefact) -> Made:
        artefact = measured(run, *upstream)
        create_markdown_artifact(show(run, artefact), key=name, description=f"{name} of {run.id}")
        return artefact

    return _in_flows(shown, measured, function, name)


def task_of_no_run(function: Callable[..., Made], name: str) -> Callable[..., Made]:
    """Make a task of a pure function that stands on no run."""
    return _in_flows(function, function, function, name)


def _in_flows(
    within: Callable[..., Made], outside: Callable[..., Made], function: Callable[..., Made], name: str
) -> Callable[..., Made]:
    """One that is a task within a flow run, and what it is made of outside of one."""
    as_task = prefect_task(
        name=name,
        description=(function.__doc__ or "").strip(),
        cache_policy=NO_CACHE,
        retries=1,
        retry_delay_seconds=RETRY_DELAY,
        retry_condition_fn=_may_help,
    )(within)

    def stage(*arguments: Any) -> Made:
        return (as_task if FlowRunContext.get() else outside)(*arguments)

    return update_wrapper(stage, function)


def _may_help(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed stage is worth another try."""
    return not isinstance(state.result(raise_on_failure=False), UserError)
