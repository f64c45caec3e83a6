"""Register what ``prefect.yaml`` defines, as often as one likes, and leave alone what users changed since."""

import os
from importlib import import_module
from importlib.resources import files
from typing import Any

import httpx
import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate, WorkPoolCreate
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.flows import Flow
from prefect.utilities.callables import parameter_schema

from coles_ops.schema import UserError
from deployments.environment import POOL, ROOT


class RegistrationError(UserError):
    """There is no server to register with, or it refused; says why."""


def deployment_names() -> list[str]:
    """The deployments of the project, as ``flow/deployment``; no server is asked."""
    return sorted(f"{_load(each['entrypoint']).name}/{each['name']}" for each in _definitions())


def register(pool_type: str = "process") -> list[str]:
    """Create the work pool and the deployments where they lack; of those that are there, update how they are run.

    Schedules, parameters, tags, limits and whether something is paused are the users' once a deployment is there.
    ``prefect deploy`` would set them all back and delete schedules that users made.

    Returns:
        The names of all deployments of the project, as ``flow/deployment``.

    Raises:
        RegistrationError: PREFECT_API_URL is not set, does not answer or refuses.
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise RegistrationError("PREFECT_API_URL is not set: set it to a server's, or let `coles serve` start one")
    try:
        with get_client(sync_client=True) as client:
            _ensure_pool(client, pool_type)
            return sorted(_register(client, definition) for definition in _definitions())
    except PrefectHTTPStatusError as error:
        raise RegistrationError(f"{url} refused: {error}") from error
    except httpx.TransportError as error:
        raise RegistrationError(f"{url}, the server of PREFECT_API_URL, does not answer: {error}") from error


def _definitions() -> list[dict[str, Any]]:
    return yaml.safe_load(files("deployments").joinpath("prefect.yaml").read_text())["deployments"]


def _ensure_pool(client: SyncPrefectClient, pool_type: str) -> None:
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type=pool_type))


def _register(client: SyncPrefectClient, definition: dict[str, Any]) -> str:
    flow = _load(definition["entrypoint"])
    name = f"{flow.name}/{definition['name']}"
    how = {
        "entrypoint": definition["entrypoint"],
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}],
        "parameter_openapi_schema": parameter_schema(flow).model_dump(exclude_unset=True),
    }
    try:
        found = client.read_deployment_by_name(name)
    except ObjectNotFound:
        client.create_deployment(
            flow_id=client.create_flow_from_name(flow.name),
            name=definition["name"],
            description=definition["description"],
            tags=definition["tags"],
            parameters=definition["parameters"],
            work_pool_name=definition["work_pool"]["name"],
            schedules=[_schedule(each) for each in definition.get("schedules", [])],
            enforce_parameter_schema=True,
            **how,
        )
    else:
        if any(getattr(found, field) != value for field, value in how.items()):  # an update delays what is due
            client.update_deployment(found.id, DeploymentUpdate.model_validate(how))
    return name


def _load(entrypoint: str) -> Flow:
    path, function = entrypoint.split(":")
    return getattr(import_module(path.removesuffix(".py").replace("/", ".")), function)


def _schedule(definition: dict[str, Any]) -> DeploymentScheduleCreate:
    cron = {"cron": definition["cron"], "timezone": definition["timezone"]}
    return DeploymentScheduleCreate.model_validate(
        {"slug": definition["slug"], "schedule": cron, "active": definition["active"]}
    )
