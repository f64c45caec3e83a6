"""``coles serve``: schedules fire and stay the users', what dies is started again, and the end leaves nothing.

The tests are one story on one server, since starting it takes long: they go in order.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from coding.worlds import canonical, configuration, write_rows
from inference import bundles
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import CronSchedule
from serving import ROOT, api, coles, eventually, left_of, printed, runs_of, states_in
from tables import purchases, write_world
from trainings import small

from coles_ops.config import load_config
from coles_ops.encoders import build_encoder
from coles_ops.inference import Bundle
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.run import lock_run, open_run
from coles_ops.store import EventStore

pytestmark = [pytest.mark.prefect, pytest.mark.spark, pytest.mark.timeout(1800)]

RAW, BATCH = "coles-validate/raw", "coles-embed/batch"
EVERY_MINUTE = CronSchedule(cron="* * * * *", timezone="UTC")


class Serving:
    """A running ``coles serve``, and a configuration on tiny data."""

    def __init__(self, home: Path) -> None:
        self.home, self.config = home, home / "tiny.yaml"
        self.process = coles("serve", "--port", "0", home=home)
        values = write_world(home / "world", *purchases(clients=30)).model_dump(mode="json")
        self.config.write_text(yaml.safe_dump(values))
        (self.url,) = eventually(lambda: re.findall(r"PREFECT_API_URL=(\S+)", printed(home)), home)

    def worker(self):
        (found,) = left_of(self.home, "prefect worker start")
        return found

    def log(self, name: str) -> str:
        return (self.home / "prefect" / f"{name}.log").read_text()

    def errors(self) -> list[str]:
        """What the server logged as an error, but for what SQLite refuses and Prefect does again.

        A transaction of Prefect's that reads before it writes is refused at once where another has written between
        (SQLITE_BUSY_SNAPSHOT): on a busy machine a heartbeat is lost that way, and the next one makes it good.
        """
        records = re.split(r"^(?=\d\d:\d\d:\d\d\.\d{3} \| )", self.log("server"), flags=re.MULTILINE)
        return [each for each in records if "| ERROR" in each and "database is locked" not in each]


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    serving = Serving(folder)
    yield serving
    serving.process.kill()
    for process in left_of(folder):
        process.kill()


@pytest.fixture
def run(serving, monkeypatch):
    """The run that the schedule works on, as this process sees it."""
    monkeypatch.setenv("COLES_HOME", str(serving.home))
    return open_run(load_config(serving.config))


@pytest.fixture
def bundle(tmp_path) -> tuple[Bundle, Path]:
    """A bundle of an encoder that was not trained, and a file of events."""
    table, config, options = canonical(), configuration(), small().encoder
    rows = write_rows(tmp_path / "rows", table)
    coding, _ = write_arrays(tmp_path / "arrays", rows, rows.clients.assign(part="pretrain", label=None), config)
    encoder = build_encoder(EventStore(tmp_path / "arrays").schema, options, seed=3)
    events = table.to_pandas().drop(columns="paid_missing").assign(paid=table["paid"].to_numpy())
    events.loc[table["paid_missing"].to_pandas() == "yes", "paid"] = None
    events.to_parquet(tmp_path / "events.parquet")
    return bundles.write(tmp_path / "bundle", coding, encoder, options, config.dataset), tmp_path / "events.parquet"


def test_registering_again_leaves_what_users_made_and_changed(serving):
    parameters = {"config": str(serving.config), "overrides": {}}
    with api(serving.url) as client:
        raw = client.read_deployment_by_name(RAW)
        retrain = client.read_deployment_by_name("coles/retrain")
        (weekly,) = retrain.schedules
        assert not weekly.active
        client.create_deployment_schedules(
            raw.id, [DeploymentScheduleCreate(schedule=EVERY_MINUTE, active=True, slug="mine", parameters=parameters)]
        )
        client.update_deployment_schedule(
            retrain.id, weekly.id, active=True, schedule=CronSchedule(cron="0 5 * * *", timezone="UTC")
        )
        changed = {"parameters": parameters, "paused": True, "tags": ["mine"], "entrypoint": "old.py:old"}
        client.update_deployment(retrain.id, DeploymentUpdate.model_validate(changed))
        before = client.read_deployment_by_name("coles/retrain"), client.read_deployment_by_name(RAW)
        done = subprocess.run(
            [sys.executable, "-m", "deployments.cli", "deploy"],
            cwd=ROOT, env={**os.environ, "PREFECT_API_URL": serving.url}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.split() == ["coles-embed/batch", RAW, "coles/full", "coles/retrain"]
        after = client.read_deployment_by_name("coles/retrain"), client.read_deployment_by_name(RAW)
    new_anyway = {"updated", "entrypoint", "status", "last_polled"}
    for old, new in zip(before, after, strict=True):
        assert new.model_dump(exclude=new_anyway) == old.model_dump(exclude=new_anyway)
    assert after[0].entrypoint == "flows/coles.py:coles"
    assert [(s.slug, s.active) for s in after[1].schedules] == [("mine", True)]
    assert not any(each.global_concurrency_limit for each in after)  # a restart would lose its lease and end the run


def test_a_schedule_fires_and_its_run_waits_for_another_process_and_outlives_the_server(serving, run):
    with lock_run(run):
        eventually(lambda: "waiting for it" in told(serving), serving.home)
        (first,) = runs_of(serving.url, RAW)
        assert first.auto_scheduled
        assert first.state_name == "Running"
        assert not serving.errors()
        for process in left_of(serving.home, "prefect", "server"):
            process.kill()
        eventually(lambda: "the Prefect server ended" in printed(serving.home), serving.home)
        eventually(lambda: answers(serving), serving.home)
    eventually(lambda: runs_of(serving.url, RAW)[0].state_name == "Completed", serving.home)


def test_a_killed_worker_is_started_again_and_its_run_is_marked(serving, run):
    with lock_run(run):
        eventually(lambda: last(serving) == "Running", serving.home)
        *_, cut = runs_of(serving.url, RAW)
        killed = serving.worker()
        killed.kill()
        eventually(lambda: state_of(serving, cut) == "Crashed", serving.home)
        assert "the Prefect worker ended with code -9" in printed(serving.home)
    eventually(lambda: last(serving) == "Completed", serving.home)
    assert serving.worker() != killed


def test_new_events_are_embedded_by_the_deployment(serving, bundle, tmp_path):
    made, events = bundle
    parameters = {
        "bundle": str(made.path), "events": str(events), "out": str(tmp_path / "out"),
        "overrides": {"resources.spark_memory": "1g", "validation.time_min": "1960-01-01"},
    }  # fmt: skip
    with api(serving.url) as client:
        batch = client.read_deployment_by_name(BATCH)
        started = client.create_flow_run_from_deployment(batch.id, parameters=parameters)
    eventually(lambda: state_of(serving, started) in ("Completed", "Failed", "Crashed"), serving.home)
    assert state_of(serving, started) == "Completed", told(serving)
    found = pd.read_parquet(tmp_path / "out" / "part-00000.parquet").set_index("client_id")
    wanted = made.embed(pd.read_parquet(events)).set_index("client_id")
    pd.testing.assert_frame_equal(found, wanted.loc[found.index], atol=1e-5, rtol=0)
    assert len(found) == len(wanted)


def test_sigterm_ends_all_in_order(serving):
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(120) == 143
    assert "interrupted" in printed(serving.home)
    assert "Traceback" not in printed(serving.home)
    assert not left_of(serving.home)
    assert not {"RUNNING", "PENDING"} & set(states_in(serving.home))


def state_of(serving: Serving, run: FlowRun) -> str | None:
    with api(serving.url) as client:
        return client.read_flow_run(run.id).state_name


def last(serving: Serving) -> str | None:
    """The state of the flow run that began last."""
    return runs_of(serving.url, RAW)[-1].state_name


def told(serving: Serving) -> str:
    """What the flow runs logged."""
    with api(serving.url) as client:
        return "\n".join(entry.message for entry in client.read_logs())


def answers(serving: Serving) -> bool:
    with api(serving.url) as client:
        return client.api_healthcheck() is None
