"""The search: rounds of trials on Ray, which survive what happens to them, and the artefact they end as."""

import logging
from pathlib import Path

from coles_ops.artefacts import fingerprint
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trial import Status
from coles_ops.artefacts.trials import SearchRecord, Trials, WorkingTrials
from coles_ops.run import Run
from coles_ops.schema import DataError
from coles_ops.training import too_short
from coles_ops.tuning.onray import OnRay
from coles_ops.tuning.recovery import drop_damaged
from coles_ops.tuning.rounds import run_rounds

log = logging.getLogger("coles.search")


def search_encoders(run: Run, events: Events) -> Trials:
    """Run the trials of the configuration; each ends as a folder, whole or not at all.

    After a crash, trials that ended are kept and interrupted ones go on after their last probe; what survived a round
    survives it again. A trial that dies of its own error is marked as failed, alone. One that the machine interrupts,
    by a lost process, a full disk or too little memory, is tried again.

    Raises:
        DataError: no trial came to its end; carries the first error.
        FaultError: the machine interrupts trials again and again; all is kept.
        ClusterError: the Ray cluster of the configuration does not answer.
    """
    config = run.config
    key = fingerprint(events.fingerprint, config.training, config.search, config.embedding, config.evaluation.protocol)
    working = WorkingTrials.of(run.path)
    if trials := working.published(key):
        return trials
    working.path.mkdir(exist_ok=True)
    drop_damaged(working)
    found, ended = _run_rounds(run, events.store_path, working), working.ended()
    if not found.finalists:
        working.discard()  # the same command is another try
        errors = [trial.error.traceback for trial in ended.values() if trial.error] or ["none was started"]
        failed = sum(trial.status is Status.FAILED for trial in ended.values())
        raise DataError(f"{failed} of {len(ended)} trials failed, and none came to its end; the first:\n{errors[0]}")
    for spec in found.finalists.values():
        if why := too_short(ended[spec[0]], run.config.search.min_steps):
            log.warning(why)
    return working.publish(key, found)


def _run_rounds(run: Run, store: Path, working: WorkingTrials) -> SearchRecord:
    """All rounds, again after a fault of the machine, until nothing is left."""
    from coles_ops.cluster.attempts import Attempt, repeat

    found: list[SearchRecord] = []

    def attempt(outcome: Attempt) -> None:
        working.settle()
        with OnRay(run, store, working, outcome) as ray:
            found.append(run_rounds(run.config, working, ray.train))

    repeat(attempt, "the search", log)
    return found[-1]
