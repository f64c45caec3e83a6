"""Register what ``prefect.yaml`` defines, as often as one likes."""

import os
import subprocess
import sys
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from deployments.environment import ROOT

POOL = "coles"


class RegistrationError(RuntimeError):
    """Prefect refused the deployments."""


def register(pool_type: str = "process") -> list[str]:
    """Create the work pool if it lacks, and all deployments; a schedule keeps its state if it existed before.

    Returns:
        The names of all deployments of the project, as ``flow/deployment``.

    Raises:
        RegistrationError: with what Prefect printed.
    """
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=POOL, type=pool_type))
        before = _schedules(client)
        _prefect_deploy()
        after = _schedules(client)
        for key, (deployment, schedule, active) in after.items():
            if key in before and before[key][2] != active:
                client.update_deployment_schedule(deployment, schedule, active=before[key][2])
        names = {flow.id: flow.name for flow in client.read_flows()}
        return sorted(f"{names[d.flow_id]}/{d.name}" for d in client.read_deployments() if "coles" in d.tags)


def _schedules(client) -> dict[tuple[UUID, str], tuple[UUID, UUID, bool]]:
    return {
        (deployment.id, schedule.slug): (deployment.id, schedule.id, schedule.active)
        for deployment in client.read_deployments()
        if "coles" in deployment.tags
        for schedule in deployment.schedules
    }


def _prefect_deploy() -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ, check=False)
    if done.returncode:
        raise RegistrationError(f"`prefect deploy --all` failed:\n{done.stdout}{done.stderr}")
