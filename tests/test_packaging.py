"""Project files agree with each other."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def test_constraints_meet_every_dependency_and_name_no_place():
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|@|/", text)
    pins = dict(line.lower().replace("_", "-").split("==") for line in text.split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, chain(project["dependencies"], *project["optional-dependencies"].values())):
        if wanted.name == project["name"]:  # an extra that takes in others
            continue
        assert wanted.specifier.contains(pins[wanted.name.lower().replace("_", "-")]), wanted


def test_deployments_name_flows_that_exist():
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    names = set()
    for deployment in deployments:
        file, name = deployment["entrypoint"].split(":")
        flow = getattr(importlib.import_module(file.removesuffix(".py").replace("/", ".")), name)
        names.add(f"{flow.name}/{deployment['name']}")
        assert set(deployment["parameters"]) <= set(inspect.signature(flow.fn).parameters)
        assert all(not schedule["active"] for schedule in deployment.get("schedules", []))
    assert names == {"coles/full", "coles/retrain", "coles-validate/raw", "coles-embed/batch"}


def test_flow_parameters_are_described():
    from prefect.utilities.callables import parameter_schema

    from flows.coles import coles
    from flows.embed import coles_embed
    from flows.stages import coles_validate

    for flow in (coles, coles_validate, coles_embed):
        properties = parameter_schema(flow.fn).model_dump()["properties"]
        assert all(properties[name]["description"] for name in inspect.signature(flow.fn).parameters), flow.name


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A wheel of the project, unpacked where nothing else of it is."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("flows", "tasks", "coles_ops", "deployments", "expectations", "configs"):
        shutil.copytree(ROOT / name, folder / "source" / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "prefect.yaml"):
        shutil.copy(ROOT / name, folder / "source" / name)
    build = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(folder / "source"),
    ]
    subprocess.run([sys.executable, "-m", "pip", *build], check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    shutil.rmtree(folder / "source")
    return folder / "installed"


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["--help"], "From raw event sequences"),
        (["plan", "synthetic", "--set", "dataset.n_events=1000"], "trials (grid)"),
        (["deploy", "--dry-run"], "coles-embed/batch\ncoles-validate/raw\ncoles/full\ncoles/retrain\n"),
    ],
)
def test_an_installed_wheel_does_what_the_repository_does(installed, tmp_path, arguments, printed):
    packages = sysconfig.get_path("purelib")  # as a path and no site: what is installed editable there is not seen
    done = subprocess.run(
        [Path(sys.base_prefix, "bin", "python3"), "-m", "deployments.cli", *arguments],
        env={**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{packages}"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert printed in done.stdout


def test_the_image_runs_as_nobody_special():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER coles" in lines
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert all(port.startswith("127.0.0.1:") for s in compose["services"].values() for port in s.get("ports", []))
