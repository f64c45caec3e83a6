"""A round of a search on Ray Tune: one tuner, one process a trial, workers reused; nobody is stopped but by its end."""

import logging
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from coles_ops.artefacts.trial import trial_id
from coles_ops.artefacts.trials import WorkingTrials
from coles_ops.cluster import ray_session
from coles_ops.cluster.attempts import Attempt
from coles_ops.cluster.faults import LostError
from coles_ops.config import Config, Training
from coles_ops.run import Run
from coles_ops.tuning.assignment import Shared
from coles_ops.tuning.rounds import rests

log = logging.getLogger("coles.search")


class OnRay:
    """Trains trials on a Ray of its own, which starts with the first that is to be trained; a context manager.

    Args:
        run: with the configuration, and the folder in which Tune keeps its state meanwhile.
        store: the events.
        working: where trials work.
        outcome: is told what gets further and what the machine interrupts.
    """

    def __init__(self, run: Run, store: Path, working: WorkingTrials, outcome: Attempt):
        self._run, self._store, self._working, self._outcome = run, store, working, outcome
        self._session = ExitStack()
        self._resources: Any = None

    def __enter__(self) -> "OnRay":
        return self

    def __exit__(self, *error: Any) -> None:
        self._session.close()

    def train(self, specs: list[Training], steps: int) -> None:
        """Train each up to so many steps, as far as that is not done; those that fail are closed as failed.

        Raises:
            LostError: the machine interrupted some; the others are trained.
        """
        if pending := [spec for spec in specs if self._pends(spec, steps)]:
            if self._resources is None:
                self._session.enter_context(ray_session(self._run.config))
                self._run.record_machine("search", **_machine(self._run.config))
                self._resources = _resources(self._run.config, self._store)
            self._tune(sorted(pending, key=lambda spec: -spec.encoder.size), steps)  # the longest first

    def _pends(self, spec: Training, steps: int) -> bool:
        folder = self._working.folder(trial_id(spec))
        return not folder.record() and not rests(spec, folder.progress(), steps)

    def _tune(self, specs: list[Training], steps: int) -> None:
        from ray import tune
        from ray.tune.schedulers import FIFOScheduler

        from coles_ops.tuning.worker import Progress, Worker

        shared = Shared(store=self._store, working=self._working.path, config=self._run.config, steps=steps)
        scratch, progress = self._run.path / ".ray", Progress(log, self._outcome)
        tuner = tune.Tuner(
            tune.with_resources(Worker, self._resources),
            param_space=shared.space(tune.grid_search([spec.model_dump() for spec in specs])),
            tune_config=tune.TuneConfig(scheduler=FIFOScheduler(), reuse_actors=True),
            run_config=tune.RunConfig(name="search", storage_path=str(scratch), verbose=0, callbacks=[progress]),
        )
        try:
            tuner.fit()
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if not self._outcome.faults and progress.ended < len(specs):
            self._outcome.faults.append("Ray ended the round before its trials")
        if self._outcome.faults:
            raise LostError(self._outcome.faults[-1])


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
