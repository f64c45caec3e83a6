"""Run a deployment and show on the console what it logs until it ends."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, LogFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import LogSort
from prefect.states import Cancelled

_PAGE = 200


def run_deployment(name: str, parameters: dict[str, Any], show: Callable[[str], None]) -> FlowRun:
    """``prefect deployment run NAME``, followed line by line until its flow run is over.

    Interrupting it cancels the flow run. The caller looks at the state of the flow run returned.
    """
    run_name = f"coles-{uuid4().hex[:8]}"
    command = [sys.executable, "-m", "prefect", "deployment", "run", name, "--flow-run-name", run_name]
    for key, value in parameters.items():
        command += ["--param", f"{key}={json.dumps(value)}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with get_client(sync_client=True) as client:
        (run,) = client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"name": {"any_": [run_name]}}))
        try:
            return _follow(client, run, show)
        except KeyboardInterrupt:
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
