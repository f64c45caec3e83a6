"""The job that is hurt, and what it gives where nothing disturbs it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from tables import results, small_cut

from chaos.moments import Moments, record
from coles_ops.artefacts import code_version

ROOT = Path(__file__).parents[2]
STAGES = {  # in order: what each leaves, below the home folder
    "read": ("store/*-rows",),
    "validate": ("runs/*/validation", "runs/*/quarantine"),
    "split": ("store/*-split",),
    "preprocess": ("store/????????????????",),
    "search": ("runs/*/trials",),
    "evaluate": ("runs/*/evaluation",),
    "refit": ("runs/*/production", "runs/*/.production.pt"),
    "pack": ("runs/*/bundle",),
    "track": ("runs/*/wandb",),
    "report": ("runs/*/*report.html*",),
}
_SETTINGS = {
    "training": {"steps": 12},
    "search": {"seeds": 2},
    "resources": {"cpus": 2, "spark_memory": "1g"},
}
_UNTOLD = r"^(prefect|digests|java)/|/data_docs/|/\.?wandb/|/\.lock$"  # by design of their own names in every run


@dataclass(frozen=True)
class Job:
    """The small job in a folder: its config, and its home folder after a run that nothing disturbed."""

    folder: Path

    @property
    def config(self) -> Path:
        """The YAML."""
        return self.folder / "small.yaml"

    @property
    def home(self) -> Path:
        """The home folder of the reference."""
        return self.folder / "home"

    @cached_property
    def digests(self) -> dict[str, str]:
        """What a run must give, whatever happened on its way."""
        return digests(self.home)

    @cached_property
    def names(self) -> set[str]:
        """Every file that a finished run leaves."""
        return names(self.home)

    @property
    def caches(self) -> set[str]:
        """What libraries keep among temporary files, for the next run of the same user."""
        return set((self.folder / "caches").read_text().splitlines())

    @cached_property
    def moments(self) -> Moments:
        """When the reference told what, phase by phase."""
        return Moments.model_validate_json((self.folder / "moments.json").read_text())

    def bytes_of(self, phase: str) -> int:
        """What a phase leaves on the disk."""
        files = [f for pattern in STAGES[phase] for p in self.home.glob(pattern) for f in (p, *p.rglob("*"))]
        return sum(file.stat().st_size for file in files if file.is_file())

    def rewound(self, phase: str, home: Path) -> None:
        """Lay out a home folder as the reference had it when a phase began."""
        home.mkdir(parents=True, exist_ok=True)
        stages = list(STAGES)
        if phase == stages[0]:
            return
        shutil.copytree(self.home, home, symlinks=True, dirs_exist_ok=True)
        later = stages[stages.index(phase) :]
        for path in [path for stage in later for pattern in STAGES[stage] for path in home.glob(pattern)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for file in home.glob("runs/*/manifest.json"):
            manifest = json.loads(file.read_text())
            manifest["stages"] = {name: facts for name, facts in manifest["stages"].items() if name not in later}
            manifest["store"] = [name for name in manifest["store"] if (home / "store" / name).exists()]
            file.write_text(json.dumps(manifest, indent=2))


def make(folder: Path) -> Job:
    """The job in a folder, its reference made where it lacks or the code is another by now."""
    version = code_version("coles_ops", "expectations", "tasks", "flows", "deployments")
    folder = folder / version
    if not (folder / "moments.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config = small_cut(folder)
        values = yaml.safe_load(config.read_text())
        for section, change in _SETTINGS.items():
            values[section] = {**values.get(section, {}), **change}
        config.write_text(yaml.safe_dump(values))
        _make_reference(Job(folder))
    return Job(folder)


def _make_reference(job: Job) -> None:
    log = job.folder / "output"
    with log.open("w") as output, TemporaryDirectory(prefix="cc-") as temporary:  # short: sockets lie below it
        command = subprocess.Popen(
            [*COLES, "run", str(job.config)],
            env=environment(COLES_HOME=str(job.home), TMPDIR=temporary),
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
        moments = record(log, list(STAGES), lambda: command.poll() is not None)
        (job.folder / "caches").write_text("\n".join(path.name for path in Path(temporary).iterdir()))
    if command.returncode:
        raise RuntimeError(f"the reference failed:\n{log.read_text()[-3000:]}")
    (job.folder / "moments.json").write_text(moments.model_dump_json())


COLES = (sys.executable, "-m", "deployments.cli")


def environment(**more: str) -> dict[str, str]:
    """For every command of the suite; W&B has nobody to ask for a login."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "PYTHONPATH": str(ROOT), **more}


def digests(home: Path) -> dict[str, str]:
    """SHA-256 of everything that two runs of the same may not differ in; empty where the run is not finished."""
    if not list(home.glob("runs/*/evaluation/leaderboard.parquet")):
        return {}
    found = {name: content for name, content in results(home).items() if ".partial-" not in name}
    whole = {name: content.encode() if isinstance(content, str) else content for name, content in found.items()}
    return {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()}


def names(home: Path) -> set[str]:
    """Files below a home folder, less those that every run names in its own way."""
    found = {str(file.relative_to(home)) for file in home.rglob("*") if file.is_file()}
    return {name for name in found if not re.search(_UNTOLD, name)}
