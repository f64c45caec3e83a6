"""The direction of imports, read from the source."""

import ast
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("deployments", "flows", "tasks", "expectations", "coles_ops")  # each may import those after it
OWNERS = {
    "prefect": ("deployments", "flows", "tasks"),
    "great_expectations": ("expectations",),
    "pyspark": (
        *("coles_ops/preprocess", "coles_ops/datasets", "coles_ops/sources", "expectations"),
        "coles_ops/inference/spread.py",
    ),
    "ray": ("coles_ops/cluster", "coles_ops/tuning"),
    "catboost": ("coles_ops/probes",),
    "wandb": ("coles_ops/tracking", "coles_ops/dashboards"),
    "wandb_workspaces": ("coles_ops/dashboards",),
    "ptls": ("coles_ops/encoders", "coles_ops/samplers", "coles_ops/training"),
}


FILES = {  # names in artefacts to the only modules that know them
    "split.parquet": ("coles_ops/artefacts/split.py",),
    "counts.parquet": ("coles_ops/artefacts/rows.py",),
    "targets.parquet": ("coles_ops/artefacts/rows.py",),
    "summary.json": ("coles_ops/artefacts/validation.py", "coles_ops/artefacts/embeddings.py"),
    "bundle.json": ("coles_ops/inference/bundle.py",),
    "weights.safetensors": ("coles_ops/inference/bundle.py",),
    "data_docs": ("coles_ops/artefacts/validation.py",),
    "clients.parquet": ("coles_ops/artefacts/validation.py", "coles_ops/store.py"),
    "facts.json": ("coles_ops/artefacts/events.py",),
    "arrays": ("coles_ops/artefacts/events.py",),
    **dict.fromkeys(
        ("running.json", "progress.jsonl", "state.pt", "encoder.pt", "error.json", "trial.json", "probe_score"),
        ("coles_ops/artefacts/trial.py",),
    ),
    "trials": ("coles_ops/artefacts/trials.py",),
    ".search.json": ("coles_ops/artefacts/trials.py",),
    ".trials": ("coles_ops/artefacts/trials.py",),
    "scored.parquet": ("coles_ops/artefacts/evaluation.py",),
    "looks": ("coles_ops/artefacts/home.py",),
    "leaderboard.parquet": ("coles_ops/artefacts/evaluation.py",),
    "verdict.json": ("coles_ops/artefacts/evaluation.py",),
    "production": ("coles_ops/artefacts/production.py",),
    "production.pt": ("coles_ops/artefacts/production.py",),
    "report.html": ("coles_ops/artefacts/report.py",),
    "coding.json": ("coles_ops/coding/coding.py",),
    "store.json": ("coles_ops/store.py",),
    "offsets.npy": ("coles_ops/store.py",),
    "time.npy": ("coles_ops/store.py",),
}


def sources() -> list[Path]:
    return sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


def imports(path: Path, only_at_import: bool = False) -> set[str]:
    """Dotted names a file imports, wherever the statement stands."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if only_at_import else list(ast.walk(tree))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_layers_point_one_way(path):
    layer = path.relative_to(ROOT).parts[0]
    above = set(LAYERS[: LAYERS.index(layer)])
    assert not {name for name in imports(path) if name.split(".")[0] in above}


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_each_heavy_library_has_one_home(path):
    place = str(path.relative_to(ROOT))
    strays = {
        name for name in imports(path) if (owners := OWNERS.get(name.split(".")[0])) and not place.startswith(owners)
    }
    assert not strays


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_each_file_name_of_an_artefact_has_one_owner(path):
    place = str(path.relative_to(ROOT))
    literals = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
    assert not {name for name in literals & FILES.keys() if place not in FILES[name]}


def test_every_owner_knows_its_file_names():
    for name, owners in FILES.items():
        for owner in owners:
            assert f'"{name}"' in (ROOT / owner).read_text()


def test_the_rules_see_imports(tmp_path):
    file = tmp_path / "module.py"
    file.write_text("import a.b\ndef f():\n    from c import d\n")
    assert imports(file) == {"a.b", "c"}
    assert imports(file, only_at_import=True) == {"a.b"}


def test_the_configuration_is_read_without_heavy_libraries():
    import subprocess
    import sys

    code = "import sys, coles_ops.config as c; c.load_config('completejourney'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {*OWNERS, "pandas", "sklearn", "matplotlib"}  # torch is: encoders own their options
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_hold_one_idea(path):
    assert len(path.read_text().splitlines()) <= 320


def test_flows_are_tables_of_contents():
    for path in (ROOT / "flows").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 80
        assert not {"pandas", "numpy", "torch"} & imports(path)


def test_places_of_the_home_folder_are_named_by_one():
    assert not [path for path in sources() if re.search(r"(?<!\.)\bhome\(\)(\.path)? / [\"']", path.read_text())]


def test_switches_of_libraries_stand_in_one_place():
    from coles_ops.switches import SWITCHES

    elsewhere = [path for path in [*sources(), ROOT / "tests" / "conftest.py"] if path.name != "switches.py"]
    assert not [path for path in elsewhere if any(name in path.read_text() for name in SWITCHES)]


def test_a_switch_that_the_user_has_set_stays(monkeypatch):
    from coles_ops.switches import SWITCHES, set_switches

    for name in SWITCHES:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    set_switches()
    assert {name: os.environ[name] for name in SWITCHES} == SWITCHES | {"DO_NOT_TRACK": "0"}


def test_files_of_tests_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names)), "pytest imports them by name alone"
