"""Weights & Biases runs, written from our own files once all is known.

Our files are the truth and W&B is a copy of them: so an unreachable server can neither stall nor fail a trial,
a killed search loses no curve, and the copy can be made again. Runs are always written offline; ``online``
syncs them afterwards, within a time limit, over what was shown of trials while they ran (``tracking.live``).
"""

import logging
import shutil
from pathlib import Path
from typing import Any, Protocol

from coles_ops.artefacts import Artefact, fingerprint, intact, publish
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Tracking
from coles_ops.evaluation.curves import roc_points
from coles_ops.run import Run
from coles_ops.tracking.records import row_records, trial_records
from coles_ops.tracking.sending import is_sent, send
from coles_ops.tracking.writing import kept_together, log_probe, wandb_run

log = logging.getLogger("coles.track")

_PLACE = "wandb"  # below the folder of the run


class Tracker(Protocol):
    """Keeps a copy of an evaluation."""

    def track(self, run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
        """Write the copy, and send it where that is wanted."""
        ...


class NullTracker:
    """Keeps none, and leaves one alone that is there: ``tracking.mode: disabled``."""

    def track(self, run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
        """Nothing to do."""
        return Artefact(path=run.path / _PLACE, fingerprint=evaluation.fingerprint, cached=True)


class WandbTracker:
    """One W&B run a row of the long table and one a trial, its id a digest: writing again makes no second one."""

    def __init__(self, tracking: Tracking):
        self.tracking = tracking

    def track(self, run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
        """Write leaderboard and trials below ``wandb/``; send them where ``online`` is wanted.

        That it cannot be sent is a warning with the command to try again, ``coles sync``.
        """
        target = run.path / _PLACE
        made_from = fingerprint(
            evaluation.leaderboard_file, evaluation.verdict_file, self.tracking.project, self.tracking.entity
        )
        found = intact(target, made_from)
        if not found:
            self._write_all(run, trials, evaluation, target, made_from)
        if self.tracking.mode == "online" and (reason := send_run(run, self.tracking)):
            log.warning("W&B does not have all of this run: %s; later: `coles sync %s`", reason, run.id)
        return Artefact(path=target, fingerprint=evaluation.fingerprint, cached=found)

    def _write_all(self, run: Run, trials: Trials, evaluation: Evaluation, target: Path, made_from: str) -> None:
        by = evaluation.verdict().probe
        shutil.rmtree(run.path / ".wandb", ignore_errors=True)
        with publish(target, made_from) as partial, kept_together(run.path):
            folder = partial / "wandb"
            folder.mkdir()
            for record in row_records(run, trials, evaluation):
                with wandb_run(run, record, partial) as tracked:
                    _log_curve(tracked, evaluation, record.what, by)
            for record in trial_records(run, trials, evaluation):
                with wandb_run(run, record, partial) as tracked:
                    for probe in record.history:
                        log_probe(tracked, probe)
            for path in folder.iterdir():
                path.rename(partial / path.name)
            folder.rmdir()


def _log_curve(tracked: Any, evaluation: Evaluation, row: str, probe: str) -> None:
    """The ROC curve of two classes."""
    import wandb

    curve = roc_points(evaluation.by_client(row, probe))
    if curve is not None:
        title = "ROC, scored clients"
        table = wandb.Table(dataframe=curve)
        tracked.log({"roc": wandb.plot.line(table, "false_positive_rate", "true_positive_rate", title=title)})


def track_run(run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
    """Copy trials and scores to W&B files in ``wandb/``, and send them if the configuration says so."""
    tracking = run.config.tracking
    tracker: Tracker = NullTracker() if tracking.mode == "disabled" else WandbTracker(tracking)
    return tracker.track(run, trials, evaluation)


def send_run(run: Run, tracking: Tracking, again: bool = False) -> str | None:
    """Send a run's W&B files; returns why they are not there, None where they are."""
    with kept_together(run.path):
        return send(run.path / _PLACE, tracking, again)


def untracked(run: Run) -> str | None:
    """Why there is nothing to send of a run; None where there is."""
    if run.config.tracking.mode == "disabled":
        return "tracking.mode is disabled"
    return None if (run.path / _PLACE).exists() else "not tracked yet"


def is_run_sent(run: Run, tracking: Tracking) -> bool:
    """Whether a run's W&B files were sent to where they would be sent now."""
    return is_sent(run.path / _PLACE, tracking)
