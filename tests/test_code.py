"""The code that results follow from, found by its imports."""

import subprocess
import sys
import time

import pytest
from tables import tiny_run

from coles_ops.artefacts import code, code_version, commit, package_versions
from coles_ops.run import _CODE, run_fingerprint

STAGES = {
    "coles_ops.preprocess.rows": {"coles_ops.preprocess.rules", "coles_ops.schema"},
    "coles_ops.preprocess.split": {"coles_ops.protocols.crossfit", "coles_ops.schema"},
    "coles_ops.preprocess.events": {"coles_ops.store", "coles_ops.schema"},
    "expectations.gate": {"expectations.suites", "coles_ops.schema"},
}
MODULES = {
    "__init__": "from coles_ops.a import made as passed_on",
    "a": "import numpy\ndef made():\n    from coles_ops import b\n    return b",
    "b": "if TYPE_CHECKING:\n    from coles_ops import unseen\nKINDS = Registry('kind', 'coles_ops.kinds')",
    "kinds/__init__": "",
    "kinds/one": "import pyarrow.compute as pc",
    "user": "from coles_ops import passed_on",
    "unseen": "import torch",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of a few modules, that may be edited: name to text."""
    monkeypatch.setattr(code, "ROOT", tmp_path)

    def edit(**modules: str) -> None:
        for cached in (code._read, code._resolve, code._path):
            cached.cache_clear()
        for name, text in modules.items():
            file = tmp_path / "coles_ops" / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    edit(**MODULES)
    yield edit
    monkeypatch.undo()
    edit()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_an_edit_changes_the_version_of_what_imports_the_module_and_of_nothing_else(project, module):
    before = code_version("coles_ops.user")
    project(**{module: MODULES[module] + "\n# edited"})
    seen = module in {"user", "a", "b", "kinds/__init__", "kinds/one"}  # nothing is made in __init__ itself
    assert (code_version("coles_ops.user") != before) == seen


def test_versions_are_those_of_the_packages_that_are_imported(project, monkeypatch):
    assert set(package_versions("coles_ops.user")) == {"numpy", "pyarrow"}
    before = code_version("coles_ops.user"), code_version("coles_ops.unseen")
    monkeypatch.setattr(code, "_version", lambda package: "99" if package == "numpy" else "1")
    assert code_version("coles_ops.user") != before[0]
    assert package_versions("coles_ops.user") == {"numpy": "99", "pyarrow": "1"}


def test_a_module_that_is_not_of_the_project_counts_by_its_own_source():
    assert code_version(__name__) != code_version("tables")
    code_version("__main__")


@pytest.mark.parametrize("stage", STAGES)
def test_stages_follow_what_they_stand_on_and_no_other_stage(stage):
    found = code._followed((stage,))
    assert found >= STAGES[stage]
    assert not {name for name in found if name.startswith(("coles_ops.training", "coles_ops.report", "coles_ops.run"))}


def test_a_run_follows_all_that_makes_results_and_nothing_that_shows_them():
    found = code._followed(_CODE)
    names = ("ragged", "schema", "registry", "config.sections", "store", "training.fit", "encoders.cells", "component")
    names += ("encoders.transformer", "samplers.windows", "objectives.contrastive", "optimisers.adam")
    assert found >= {f"coles_ops.{name}" for name in names}
    for package in ("coding", "objectives", "optimisers", "representations", "factors", "probes", "protocols"):
        assert {name for name in found if name.startswith(f"coles_ops.{package}.")}
    assert not {name for name in found if name.startswith(("coles_ops.report", "coles_ops.tracking", "deployments"))}
    assert set(package_versions(*_CODE)) >= {"torch", "catboost", "pyspark", "pyarrow", "numpy", "optuna", "ray"}


def test_another_version_of_torch_is_another_run(tmp_path, monkeypatch):
    config = tiny_run(tmp_path).config
    before = run_fingerprint(config, [])
    monkeypatch.setattr(code, "_version", lambda package: "2.99")
    assert run_fingerprint(config, []) != before


def test_it_takes_milliseconds():
    program = "import time; from coles_ops.run import _CODE, code_version; t = time.process_time(); "
    program += "code_version(*_CODE); print(time.process_time() - t)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.0
    began = time.process_time()
    code_version(*_CODE)
    assert time.process_time() - began < 1.0


def test_the_commit_is_that_of_the_project_and_of_no_repository_around_it(tmp_path, monkeypatch):
    def git(*arguments):
        command = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    monkeypatch.setattr(code, "ROOT", tmp_path)
    assert commit.__wrapped__() == ""
    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-q", "-m", "one")
    assert commit.__wrapped__() == git("rev-parse", "HEAD")
    (tmp_path / "file").write_text("2")
    assert commit.__wrapped__() == git("rev-parse", "HEAD") + "+"
    (tmp_path / "site").mkdir()
    monkeypatch.setattr(code, "ROOT", tmp_path / "site")
    assert commit.__wrapped__() == ""
