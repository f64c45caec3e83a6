"""A run: one configuration on one state of the data, in a folder of its own.

The id follows from all that determines the result, so the same work is found again and resumed::

    runs/<name>-<fingerprint>/
      config.yaml  manifest.json   with the digests of the inputs, the commit and the folders of the store it uses
      validation/  summary.json, clients.parquet, data_docs/
      quarantine/  rows left out, with their reason
      trials/<trial>/      trial.json, progress.jsonl, encoder.pt
      evaluation/          predictions/, choices/, representations/, embeddings/, scored.parquet, leaderboard.parquet,
                           verdict.json
      wandb/  map/  report.html
"""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import yaml

from coles_ops import __version__
from coles_ops.artefacts import (
    DamagedError,
    code_version,
    commit,
    fingerprint,
    home,
    package_versions,
    reading,
    set_aside,
    write_json,
    write_text,
)
from coles_ops.artefacts.clientmap import ClientMap
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Config, ConfigError, parse_config
from coles_ops.locks import locked
from coles_ops.schema import UserError
from coles_ops.sources.unchanged import contents, facts_of, unchanged

log = logging.getLogger("coles.run")

# What the results depend on, with all that these import; an edit of the report makes no new run.
_CODE = ("expectations", "coles_ops.preprocess", "coles_ops.tuning", "coles_ops.evaluation", "coles_ops.config")
# What is computed stays the same; `resources` says what does not. Further embeddings are added to a run.
_NO_EFFECT: dict[str, Any] = {
    **dict.fromkeys(("report", "tracking", "resources"), True),
    "evaluation": {"embeddings", "representations"},
}
_POLL, _LOG_EVERY = 1.0, 60.0  # seconds between looks at the lock of a run, and between lines about it


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
        with reading(source):
            values = yaml.safe_load(source.read_text())
        return parse_config(values, source=str(source))

    @property
    def manifest(self) -> dict[str, Any]:
        """Lineage, versions, and seconds and peak memory by stage; raises DamagedError where it is torn."""
        source = self.path / "manifest.json"
        with reading(source):
            found = json.loads(source.read_text())
            return {"store": []} | {key: found[key] for key in ("created", "inputs", "stages")} | found

    def record_stage(self, stage: str, **facts: Any) -> None:
        """Add facts of a stage that is done to the manifest; only one process works on a run at a time."""
        self._record("stages", stage, facts)

    def record_machine(self, stage: str, **facts: Any) -> None:
        """Add what a stage found to compute on, which bears on its results in the last bits, or in what is pruned."""
        self._record("machines", stage, facts)

    def _record(self, section: str, stage: str, facts: dict[str, Any]) -> None:
        manifest = self.manifest
        manifest.setdefault(section, {}).setdefault(stage, {}).update(facts)
        write_json(self.path / "manifest.json", manifest)

    def uses(self, folder: Path) -> None:
        """Note in the manifest that the run stands on this folder of the store; from then on no other removes it.

        To be called before the folder is looked for.
        """
        manifest = self.manifest
        if folder.name not in manifest["store"]:
            with home().store_lock():
                write_json(self.path / "manifest.json", manifest | {"store": sorted([*manifest["store"], folder.name])})

    def artefacts(self) -> list[Path]:
        """Every sealed folder and file that the run stands on: those of the store, then its own."""
        own = [self.path / name for name in ("validation", "quarantine", "bundle", "wandb")]
        own += [*Trials.of(self.path).sealed(), *Evaluation.of(self.path).sealed()]
        own += [Production.of(self.path).path, ClientMap.of(self.path).path, Report.of(self.path).path]
        return [*self.store_folders, *(path for path in own if path.exists())]

    @property
    def store_folders(self) -> list[Path]:
        """The folders of the store that the run stands on."""
        return [home().store / name for name in self.manifest["store"]]

    @property
    def digests(self) -> list[str]:
        """What every input file holds, in the dataset's order, as the run was opened on them."""
        return contents(self.manifest["inputs"])

    def reading_inputs(self) -> AbstractContextManager[None]:
        """Around a block that reads the input files: they are those the run was opened on, from its begin to its end.

        Raises:
            DataError: one was changed, added or taken away; also in place of an error that came of it.
        """
        return unchanged(self.config.dataset.files, {file["path"]: file["sha256"] for file in self.manifest["inputs"]})


def run_fingerprint(config: Config, digests: list[str]) -> str:
    """Digest of what determines the results: config, contents of the input files, code, versions of the packages."""
    values = config.model_dump(mode="json", exclude=_NO_EFFECT)
    return fingerprint(values, digests, code_version(*_CODE, type(config.dataset).__module__))


def open_run(config: Config) -> Run:
    """Create the run's folder, or find it where the same work was begun before.

    What of the configuration makes no other run is as the caller has it; the folder keeps it as it was until
    ``settle_run``: who only looks at a run changes nothing of it.

    Raises:
        DataError: an input file is missing.
    """
    inputs = facts_of(config.dataset.files())
    fingerprinted = run_fingerprint(config, contents(inputs))
    run = Run(home().runs / f"{config.name}-{fingerprinted[:10]}")
    vars(run)["config"] = config
    run.path.mkdir(parents=True, exist_ok=True)
    with suppress(RunBusyError), lock_run(run):
        _record(run, config, inputs)
    return run


def settle_run(run: Run) -> None:
    """Keep the caller's configuration with the run, which the caller holds."""
    source, text = run.path / "config.yaml", _text(run.config)
    if source.read_bytes() != text.encode():
        write_text(source, text)


def _text(config: Config) -> str:
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _record(run: Run, config: Config, inputs: list[dict[str, Any]]) -> None:
    """Write config.yaml and manifest.json where they lack or cannot be read."""
    source = run.path / "config.yaml"
    if not _readable(lambda: Run(run.path).config, source):
        write_text(source, _text(config))
    if _readable(lambda: run.manifest, run.path / "manifest.json"):
        return
    write_json(
        run.path / "manifest.json",
        {
            "run": run.id,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "inputs": inputs,
            "code": {"version": __version__, "commit": commit()},
            "versions": {"python": platform.python_version(), "coles": __version__, **package_versions(*_CODE)},
            "store": [],
            "stages": {},
        },
    )


def _readable(read: Callable[[], Any], file: Path) -> bool:
    """Whether a file is there and can be read; one that can't is set aside."""
    try:
        read()
    except FileNotFoundError:
        return False
    except (DamagedError, ConfigError) as error:
        log.warning("%s: it is made anew, the old one is kept as %s", error, set_aside(file))
        return False
    return True


class RunBusyError(UserError):
    """Another process works on the run."""


@contextmanager
def lock_run(run: Run, wait: bool = False) -> Iterator[None]:
    """Keep other processes off the run; the system lets go of it when this process ends, however it ends.

    Args:
        run: an opened run.
        wait: for a process that works on it, with a line in the log now and then.

    Raises:
        RunBusyError: another process works on the run, or removed it meanwhile.
    """
    logged = -_LOG_EVERY
    while not (lock := _locked(run)):
        if not wait:
            raise RunBusyError(
                f"run {run.id} is being worked on by another process: wait for it, or stop it, then try again"
            )
        if time.monotonic() - logged >= _LOG_EVERY:
            log.info("run %s is being worked on by another process: waiting for it", run.id)
            logged = time.monotonic()
        time.sleep(_POLL)
    with lock:
        yield


def _locked(run: Run) -> IO[str] | None:
    try:
        return locked(run.path / ".lock")
    except FileNotFoundError:
        raise RunBusyError(f"run {run.id} was removed by another process: try again") from None


class UnknownRunError(UserError):
    """No run, or more than one, is meant."""


def list_runs() -> list[Run]:
    """All runs of the home folder, oldest first."""
    found = {file.parent for name in ("manifest.json", "config.yaml") for file in home().runs.glob(f"*/{name}")}
    return sorted((Run(path) for path in found), key=lambda run: (_created(run), run.id))


def _created(run: Run) -> str:
    try:
        return run.manifest["created"]
    except OSError:  # torn or not there: listed all the same
        return datetime.fromtimestamp(run.path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def find_run(start: str) -> Run:
    """The run with this id, or the only one whose id starts so; raises UnknownRunError otherwise."""
    found = [run for run in list_runs() if run.id.startswith(start)]
    exact = [run for run in found if run.id == start]
    if len(exact or found) != 1:
        known = ", ".join(run.id for run in (found or list_runs())) or "none"
        raise UnknownRunError(f"{len(found)} runs start with {start!r}; runs: {known}")
    return (exact or found)[0]
