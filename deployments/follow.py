"""Run a deployment and show on the console what it logs until it ends."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import LogFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import LogSort
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled

_PAGE = 200


def run_deployment(name: str, parameters: dict[str, Any], show: Callable[[str], None]) -> FlowRun:
    """``prefect deployment run NAME``, followed line by line until its flow run is over.

    Interrupting it cancels the flow run. The caller looks at the state of the flow run returned.
    """
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(name)
        run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
        try:
            return _follow(client, run, show)
        except KeyboardInterrupt:
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), suppress(httpx.HTTPError):  # it may be down
                client.set_flow_run_state(run.id, Cancelled(message="interrupted"), force=True)
            raise


def _follow(client: SyncPrefectClient, run: FlowRun, show: Callable[[str], None]) -> FlowRun:
    seen = 0
    while True:
        over = run.state is not None and run.state.is_final()
        if over:
            time.sleep(3)  # logs are sent in batches; the last may come after the state
        while logs := client.read_logs(
            log_filter=LogFilter.model_validate({"flow_run_id": {"any_": [run.id]}}),
            sort=LogSort.TIMESTAMP_ASC,
            offset=seen,
            limit=_PAGE,
        ):
            for entry in logs:
                if entry.name.startswith("coles") or entry.level >= 40:
                    show(f"{entry.timestamp.astimezone():%H:%M:%S}  {entry.message}")
            seen += len(logs)
        if over:
            return run
        time.sleep(1)
        run = client.read_flow_run(run.id)
