"""The search on Ray Tune: one tuner, one process a trial, workers reused."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status
from coles_ops.artefacts.trials import Trials, WorkingTrials
from coles_ops.cluster import ray_session
from coles_ops.config import Config, Training
from coles_ops.run import Run
from coles_ops.schema import DataError
from coles_ops.tuning.assignment import Shared
from coles_ops.tuning.recovery import drop_damaged
from coles_ops.tuning.space import plan_trials, trial_id

log = logging.getLogger("coles.search")


def search_encoders(run: Run, events: Events) -> Trials:
    """Run the trials of the configuration; each ends as a folder, whole or not at all.

    After a crash, trials that ended are kept, interrupted ones go on after their last epoch, and the scheduler knows
    every score it heard of. A trial that dies of its own error is marked as failed, alone. One that the machine
    interrupts, by a lost process, a full disk or too little memory, is tried again.

    Raises:
        DataError: every trial failed; carries the first error.
        FaultError: the machine interrupts trials again and again; all is kept.
        ClusterError: the Ray cluster of the configuration does not answer.
    """
    key = fingerprint(events.fingerprint, run.config.training, run.config.search, run.config.embedding)
    working, specs = WorkingTrials.of(run.path), plan_trials(run.config)
    if trials := working.published(key):
        return trials
    working.path.mkdir(exist_ok=True)
    drop_damaged(working)
    _run_all(run, events.store_path, working, specs)
    ended = working.settle()
    if all(trial.status is Status.FAILED for trial in ended.values()):
        working.discard()  # the same command is another try
        errors = [trial.error.traceback for trial in ended.values() if trial.error] or ["none was started"]
        raise DataError(f"all {len(ended)} trials failed; the first:\n{errors[0]}")
    return working.publish(key)


def _run_all(run: Run, store: Path, working: WorkingTrials, specs: list[Training]) -> None:
    """Run what has not ended, again after a fault of the machine, until nothing is left."""
    from coles_ops.cluster.attempts import Attempt, repeat
    from coles_ops.tuning.worker import Progress

    def attempt(outcome: Attempt) -> None:
        if pending := len(specs) - len(working.settle()):
            with ray_session(run.config):
                _tune(run, store, working, specs, Progress(log, pending, outcome))

    repeat(attempt, "the search", log)


def _tune(run: Run, store: Path, working: WorkingTrials, specs: list[Training], progress: Any) -> None:
    """Run what has not ended yet."""
    from ray import tune

    from coles_ops.tuning.worker import Worker

    config = run.config
    run.record_machine("search", **_machine(config))
    shared = Shared(store=store, working=working.path, config=config)
    if config.search.algorithm == "optuna":
        searcher, samples, space = _suggestions(config, working), progress.total, shared.space()
    else:
        pending = [spec.model_dump() for spec in pending_trials(config, specs, working)]
        searcher, samples, space = None, 1, shared.space(choice=tune.grid_search(pending))
    tuner = tune.Tuner(
        tune.with_resources(Worker, _resources(config, store)),
        param_space=space,
        tune_config=tune.TuneConfig(
            num_samples=samples, search_alg=searcher, scheduler=_scheduler(config, specs, working), reuse_actors=True
        ),
        run_config=tune.RunConfig(name="search", storage_path=str(run.path / ".ray"), verbose=0, callbacks=[progress]),
    )
    try:
        tuner.fit()
    finally:
        shutil.rmtree(run.path / ".ray", ignore_errors=True)
    faults = progress.outcome.faults
    if not (faults or (searcher and searcher.exhausted) or progress.ended == progress.total):
        faults.append("Ray ended the search before its trials")


def pending_trials(config: Config, specs: list[Training], working: WorkingTrials) -> list[Training]:
    """The trials that have not ended: interrupted ones first, the others in a random order that the seed decides.

    ASHA takes trials for draws from one distribution. In the order of a grid, where sizes rise, each trial beats those
    before it at the first rung and goes on.
    """
    ended = working.ended()
    shuffled = [specs[i] for i in np.random.default_rng(config.search.seed).permutation(len(specs))]
    remaining = [spec for spec in shuffled if trial_id(spec) not in ended]
    return sorted(remaining, key=lambda spec: working.folder(trial_id(spec)).status is not Status.RUNNING)


def _scheduler(config: Config, specs: list[Training], working: WorkingTrials) -> Any:
    from ray.tune.schedulers import FIFOScheduler

    from coles_ops.tuning.rungs import Rungs

    if config.search.scheduler == "none":
        return FIFOScheduler()
    return Rungs(config, max(spec.epochs for spec in specs), working.reported_scores())


def _suggestions(config: Config, working: WorkingTrials) -> Any:
    from coles_ops.tuning.suggest import Suggestions

    ended, reported = working.ended(), working.reported_scores()
    scores = {name: None if t.status is Status.FAILED else reported[name][-1] for name, t in ended.items()}
    interrupted = [running.training for folder in working.folders() if (running := folder.running())]
    return Suggestions(config, scores, [trial.training for trial in ended.values()], interrupted)


def _machine(config: Config) -> dict[str, float]:
    """What Ray has for trials, how many of them its processors let run at once, and the threads of each."""
    import ray

    there, each = ray.cluster_resources(), config.resources.cpus_per_trial
    found = {"ray_cpus": there["CPU"], "ray_gpus": there.get("GPU", 0)}
    return {**found, "most_trials_at_once": int(there["CPU"] // each), "threads_of_a_trial": max(1, int(each))}


def _resources(config: Config, store: Path) -> dict[str, float] | Callable[[dict[str, Any]], Any]:
    """What a trial asks Ray for: a number of GPUs as configured, or with ``auto`` the part it was measured to need."""
    import ray

    from coles_ops.tuning.gpu import gpu_fractions, measure_peaks, memory_keys, resource_request

    cpus, gpu, there = config.resources.cpus_per_trial, config.resources.gpu, ray.cluster_resources()
    if gpu != "auto" or not there.get("GPU"):
        return {"cpu": cpus, "gpu": 0 if gpu == "auto" else gpu}
    wanted = memory_keys(config)
    child = ray.remote(num_cpus=cpus, num_gpus=1, max_calls=1)(measure_peaks)  # its memory goes with it
    found = ray.get(child.remote(store, config, list(wanted.values())))
    if found is None:
        return {"cpu": cpus, "gpu": 0}
    peaks, free = found
    fractions = gpu_fractions(dict(zip(wanted, peaks, strict=True)), free, cpus * there["GPU"] / there["CPU"])
    for spec, peak, fraction in zip(wanted.values(), peaks, fractions.values(), strict=True):
        log.info("%s needs %.1f GB, %.3f of a GPU", trial_id(spec), peak / 2**30, fraction)
    return resource_request(config, fractions)
