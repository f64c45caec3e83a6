"""A run: one configuration on one state of the data, in a folder of its own.

The id follows from all that determines the result, so the same work is found again and resumed::

    runs/<name>-<fingerprint>/
      config.yaml  manifest.json
      validation/  summary.json, clients.parquet, data_docs/
      quarantine/  rows left out, with their reason
      trials/<trial>/      trial.json, progress.jsonl, encoder.pt
      evaluation/<entry>/  metrics.json, predictions.parquet, embeddings.parquet
      leaderboard.parquet  verdict.json  wandb/  report.html
"""

from __future__ import annotations

import fcntl
import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from coles_ops.artefacts import code_version, fingerprint, home, write_json, write_text
from coles_ops.config import Config, parse_config

_CODE = tuple(
    f"coles_ops/{part}"
    for part in (
        "datasets",
        "preprocess",
        "store.py",
        "samplers",
        "encoders",
        "training",
        "baselines",
        "tuning",
        "evaluation",
    )
)  # what the results depend on; an edit of the report makes no new run
_NO_EFFECT = {"tracking", "resources"}  # sections that change no result
_PACKAGES = ("coles", "torch", "pyspark", "ray", "catboost", "pytorch-lifestream", "great-expectations")


@dataclass(frozen=True)
class Run:
    """Handle of a run's folder. Every stage takes it, reads its config and leaves its results in it."""

    path: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.path.name

    @cached_property
    def config(self) -> Config:
        """The configuration as it was validated."""
        source = self.path / "config.yaml"
        return parse_config(yaml.safe_load(source.read_text()), source=str(source))

    @property
    def manifest(self) -> dict[str, Any]:
        """Lineage, versions, and seconds and peak memory by stage."""
        return json.loads((self.path / "manifest.json").read_text())

    def note(self, stage: str, **facts: Any) -> None:
        """Add facts of a stage to the manifest; only one process works on a run at a time."""
        manifest = self.manifest
        manifest["stages"].setdefault(stage, {}).update(facts)
        write_json(self.path / "manifest.json", manifest)


def run_fingerprint(config: Config) -> str:
    """Digest of what determines the results: config, contents of the input files, code."""
    values = config.model_dump(mode="json", exclude=_NO_EFFECT)
    return fingerprint(values, *config.dataset.files(), code_version(*_CODE, "expectations"))


def open_run(config: Config) -> Run:
    """Create the run's folder, or find it where the same work was begun before.

    Raises:
        DataError: an input file is missing.
    """
    run = Run(home() / "runs" / f"{config.name}-{run_fingerprint(config)[:10]}")
    write_text(run.path / "config.yaml", yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
    if not (run.path / "manifest.json").exists():
        write_json(
            run.path / "manifest.json",
            {
                "run": run.id,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "inputs": [{"path": str(f), "bytes": f.stat().st_size} for f in config.dataset.files()],
                "versions": {"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
                "stages": {},
            },
        )
    return run


class RunBusyError(ValueError):
    """Another process works on the run."""


@contextmanager
def hold(run: Run) -> Iterator[None]:
    """Keep other processes off the run; the system lets go of it when this process ends, however it ends."""
    with (run.path / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunBusyError(
                f"run {run.id} is being worked on by another process: wait for it, or stop it, then try again"
            ) from None
        yield


def list_runs() -> list[Run]:
    """All runs of the home folder, oldest first."""
    found = [Run(path.parent) for path in (home() / "runs").glob("*/manifest.json")]
    return sorted(found, key=lambda run: run.manifest["created"])


def find_run(start: str) -> Run:
    """The run with this id, or the only one whose id starts so; raises ValueError otherwise."""
    found = [run for run in list_runs() if run.id.startswith(start)]
    exact = [run for run in found if run.id == start]
    if len(exact or found) != 1:
        known = ", ".join(run.id for run in (found or list_runs())) or "none"
        raise ValueError(f"{len(found)} runs start with {start!r}; runs: {known}")
    return (exact or found)[0]
