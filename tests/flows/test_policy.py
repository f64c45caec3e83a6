"""The task wrapper, inside and outside a flow run."""

import numpy as np
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.testing.utilities import prefect_test_harness
from tables import tiny_run

from coles_ops.artefacts import Artefact
from coles_ops.run import Run
from coles_ops.schema import DataError
from tasks import policy
from tasks.policy import task

pytestmark = pytest.mark.prefect


@pytest.fixture(scope="module", autouse=True)
def harness(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_LOCAL_STORAGE_PATH", str(tmp_path_factory.mktemp("storage")))
        with prefect_test_harness(server_startup_timeout=120):
            yield


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny_run(tmp_path)


def made(run: Run, *_: Artefact) -> Artefact:
    """Make something."""
    return Artefact(path=run.path / "made", fingerprint="f00d")


def test_outside_a_flow_run_a_stage_is_its_function_and_is_measured(run):
    stage = task(made, name="made", show=lambda *_: "")
    assert stage(run) == made(run)
    facts = run.manifest["stages"]["made"]
    assert facts["artefact"] == "f00d"
    assert facts["peak_mb"] > 10
    assert facts["versions"]["numpy"] == np.__version__
    assert run.manifest["machines"]["made"]["cores"] == run.config.resources.cores


def test_inside_a_flow_run_it_is_a_task_with_an_artifact(run):
    stage = task(made, name="made-visibly", show=lambda _, artefact: f"see {artefact.fingerprint}")
    assert flow(lambda: stage(run), name="one-stage")() == made(run)
    with get_client(sync_client=True) as client:
        assert "made-visibly" in {r.name.rsplit("-", 1)[0] for r in client.read_task_runs()}
        assert "see f00d" in {a.data for a in client.read_artifacts()}


def test_a_users_mistake_is_not_tried_again_and_fails_the_flow(run):
    calls = []

    def mistaken(run: Run) -> Artefact:
        calls.append(1)
        raise DataError("column 'amount' is not there")

    stage = task(mistaken, name="mistaken", show=lambda *_: "")
    with pytest.raises(DataError, match="column 'amount'"):
        flow(lambda: stage(run), name="mistaken-flow")()
    assert len(calls) == 1
    with get_client(sync_client=True) as client:
        of_flow = FlowFilter.model_validate({"name": {"any_": ["mistaken-flow"]}})
        (flow_run,) = client.read_flow_runs(flow_filter=of_flow)
        of_run = FlowRunFilter.model_validate({"id": {"any_": [flow_run.id]}})
        (task_run,) = client.read_task_runs(flow_run_filter=of_run)
    for state in (flow_run.state, task_run.state):
        assert state.is_failed()
        assert "DataError: column 'amount' is not there" in state.message


def test_a_bug_is_tried_once_more_since_it_cannot_be_told_from_a_fault(run, monkeypatch):
    monkeypatch.setattr(policy, "RETRY_DELAY", 0)
    calls = []

    def buggy(run: Run) -> Artefact:
        calls.append(1)
        return np.zeros(3) + np.zeros(4)

    stage = task(buggy, name="buggy", show=lambda *_: "")
    with pytest.raises(ValueError, match="could not be broadcast"):
        flow(lambda: stage(run), name="buggy-flow")()
    assert len(calls) == 2


def test_a_cached_stage_leaves_the_facts_of_its_making(run):
    stage = task(lambda run: made(run).model_copy(update={"cached": True}), name="found", show=lambda *_: "")
    assert stage(run).cached
    assert "found" not in run.manifest["stages"]
