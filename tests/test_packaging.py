"""Project files agree with each other."""

import importlib
import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def test_constraints_meet_every_dependency_and_name_no_place():
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|@|/", text)
    pins = dict(line.lower().replace("_", "-").split("==") for line in text.split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[wanted.name.lower().replace("_", "-")]), line


def test_deployments_name_flows_that_exist():
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    names = set()
    for deployment in deployments:
        file, name = deployment["entrypoint"].split(":")
        flow = getattr(importlib.import_module(file.removesuffix(".py").replace("/", ".")), name)
        names.add(f"{flow.name}/{deployment['name']}")
        assert set(deployment["parameters"]) == {"config", "overrides"}
        assert all(not schedule["active"] for schedule in deployment.get("schedules", []))
    assert names == {"coles/full", "coles/retrain", "coles-validate/raw"}


def test_flow_parameters_are_described():
    from prefect.utilities.callables import parameter_schema

    from flows.coles import coles
    from flows.stages import coles_validate

    for flow in (coles, coles_validate):
        properties = parameter_schema(flow.fn).model_dump()["properties"]
        assert all(properties[name]["description"] for name in ("config", "overrides")), flow.name


def test_the_image_runs_as_nobody_special():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER coles" in lines
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert all(port.startswith("127.0.0.1:") for s in compose["services"].values() for port in s.get("ports", []))
