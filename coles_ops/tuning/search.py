"""The search on Ray Tune: one tuner, one process a trial, workers reused."""

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from coles_ops.artefacts import fingerprint, write_json
from coles_ops.config import Config, Range, Training
from coles_ops.run import Run
from coles_ops.schema import Artefact, DataError
from coles_ops.tuning.space import plan_trials, specify, trial_id

log = logging.getLogger("coles.search")

METRIC = "probe_roc_auc"


def search_encoders(run: Run, events: Artefact) -> Artefact:
    """Run the trials of the configuration; each ends as a folder of ``trials/``, whole or not at all.

    Trials that ended before are kept, interrupted ones go on after their last epoch. A trial that dies is
    marked as failed, alone.

    Raises:
        DataError: every trial failed; carries the first error.
    """
    target = run.path / "trials"
    key = fingerprint(events.fingerprint, run.config.training, run.config.search, run.config.embedding)
    if target.exists():
        return Artefact(path=target, fingerprint=key, cached=True)
    working = run.path / ".trials"
    working.mkdir(exist_ok=True)
    specs = plan_trials(run.config)
    with _ray(run.config):
        _tune(run, events.path / "arrays", working, specs)
    ended = [folder for folder in working.iterdir() if (folder / "trial.json").exists()]
    if not any((folder / "encoder.pt").exists() for folder in ended):
        errors = [json.loads((folder / "trial.json").read_text())["error"] for folder in ended]
        shutil.rmtree(working)
        raise DataError(f"all {len(ended)} trials failed; the first:\n{errors[0] if errors else 'none was started'}")
    working.rename(target)
    return Artefact(path=target, fingerprint=key)


def _tune(run: Run, store: Path, working: Path, specs: list[Training]) -> None:
    from ray import tune

    from coles_ops.tuning.worker import Progress, Worker

    config = run.config
    ended = {folder.name for folder in working.iterdir() if (folder / "trial.json").exists()}
    fixed = {"store": str(store), "working": str(working), "config": config.model_dump(mode="json")}
    if config.search.algorithm == "optuna":
        space: dict[str, Any] = {**fixed, "choice": {f: _dimension(v) for f, v in config.search.space.items()}}
        samples, searcher = config.search.trials - len(ended), _optuna(config)
    else:
        left = [spec.model_dump() for spec in specs if trial_id(spec) not in ended]
        space, samples, searcher = {**fixed, "choice": tune.grid_search(left)}, 1, None
        if not left:
            return
    total = len(specs) - len(ended)
    started: dict[str, Training] = {}  # folder of Ray's to what runs in it

    def name(trial: Any) -> str:
        started[trial.trial_id] = specify(config, trial.config["choice"])
        return str(trial.trial_id)

    tuner = tune.Tuner(
        tune.with_resources(Worker, {"cpu": config.resources.cpus_per_trial, "gpu": gpus_per_trial(config)}),
        param_space=space,
        tune_config=tune.TuneConfig(
            metric=METRIC,
            mode="max",
            num_samples=samples,
            search_alg=searcher,
            scheduler=_scheduler(config),
            reuse_actors=True,
            trial_dirname_creator=name,
        ),
        run_config=tune.RunConfig(
            name="search", storage_path=str(run.path / ".ray"), verbose=0, callbacks=[Progress(log, total)]
        ),
    )
    try:
        for result in tuner.fit():
            _close(working, config, store, started[Path(result.path).name], result.error)
    finally:
        shutil.rmtree(run.path / ".ray", ignore_errors=True)


def _close(working: Path, config: Config, store: Path, spec: Training, error: Exception | None) -> None:
    """Write trial.json of a trial that its worker did not close: the scheduler stopped it, or it died."""
    from coles_ops.store import EventStore
    from coles_ops.tuning.trial import Trial

    folder = working / trial_id(spec)
    if (folder / "trial.json").exists():
        return
    if error is None:
        Trial(spec, config, EventStore(store), folder, "cpu").finish("pruned")
        return
    folder.mkdir(exist_ok=True)
    reason = str(error).strip().splitlines()[-1]
    log.warning("trial %s failed: %s", folder.name, reason)
    failed = {"status": "failed", "epochs": 0, "best_epoch": None, METRIC: None, "seconds": None, "error": str(error)}
    write_json(folder / "trial.json", {"trial": folder.name, "training": spec.model_dump(), **failed})
    (folder / "encoder.pt").unlink(missing_ok=True)


def _scheduler(config: Config) -> Any:
    from ray.tune.schedulers import ASHAScheduler, FIFOScheduler

    if config.search.scheduler == "none":
        return FIFOScheduler()
    longest = max(spec.epochs for spec in plan_trials(config))
    return ASHAScheduler(
        max_t=max(longest, config.search.grace_epochs),
        grace_period=config.search.grace_epochs,
        reduction_factor=config.search.reduction,
    )


def _optuna(config: Config) -> Any:
    from ray.tune.search.optuna import OptunaSearch

    return OptunaSearch(seed=config.search.seed)


def _dimension(values: list[Any] | Range) -> Any:
    from ray import tune

    if isinstance(values, list):
        return tune.choice(values)
    return (tune.loguniform if values.log else tune.uniform)(values.low, values.high)


def gpus_per_trial(config: Config) -> float:
    """GPUs of one trial: what is asked for, or one where ``auto`` finds any."""
    if config.resources.gpu == "auto":
        return 1.0 if torch.cuda.is_available() else 0.0
    return config.resources.gpu


@contextmanager
def _ray(config: Config) -> Iterator[None]:
    """A Ray of our own on loopback, or the cluster the configuration names; left at the end either way."""
    import ray

    folder = tempfile.mkdtemp(prefix="ray-")  # short: the names of sockets below it are limited to 107 characters
    cpus = os.cpu_count() if config.resources.cpus == "auto" else config.resources.cpus
    local = {
        "num_cpus": cpus,
        "include_dashboard": False,
        "_temp_dir": folder,
        "_node_ip_address": "127.0.0.1",
        "object_store_memory": 100 * 2**20,  # trials share the event store through the page cache instead
    }
    where = {"address": config.resources.ray_address} if config.resources.ray_address else local
    ray.init(**where, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
    try:
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
