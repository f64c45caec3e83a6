"""Weights & Biases runs, written from our own files once all is known.

Our files are the truth and W&B is a copy of them: so an unreachable server can neither stall nor fail a trial,
a killed search loses no curve, and the copy can be made again. Runs are always written offline; ``online``
syncs them afterwards, within a time limit.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from coles_ops.artefacts import Artefact, fingerprint, intact, publish
from coles_ops.artefacts.evaluation import PROBE, REPRESENTATION, Evaluation
from coles_ops.artefacts.trial import Status, TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.verdict import Verdict
from coles_ops.config import Tracking
from coles_ops.evaluation.curves import roc_points
from coles_ops.evaluation.lines import Line, lines
from coles_ops.evaluation.trialboard import build_trialboard
from coles_ops.run import Run
from coles_ops.scratch import scratch
from coles_ops.syncing import is_sent, send

log = logging.getLogger("coles.track")

_PLACE = "wandb"  # below the folder of the run
_SHOWN_ELSEWHERE = (REPRESENTATION, PROBE, "trial", "name")


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
            log.warning("W&B has nothing of this run: %s; later: `coles sync %s`", reason, run.id)
        return Artefact(path=target, fingerprint=evaluation.fingerprint, cached=found)

    def _write_all(self, run: Run, trials: Trials, evaluation: Evaluation, target: Path, made_from: str) -> None:
        verdict = evaluation.verdict()
        shutil.rmtree(run.path / ".wandb", ignore_errors=True)
        with publish(target, made_from) as partial:
            folder = partial / "wandb"
            folder.mkdir()
            for line in lines(evaluation.leaderboard(), verdict):
                with self._tracked(run, folder, line.row, line.name, line.family) as tracked:
                    _log_line(tracked, evaluation, line, verdict)
            tried = build_trialboard(trials, evaluation, verdict.probe)
            for row in tried[tried.status != str(Status.FAILED)].to_dict("records"):
                trial = trials.folder(row["trial"])
                tags = row["encoder"], row["sampler"]
                with self._tracked(
                    run, folder, row["trial"], row["name"], "trial", *tags, trial=trial.record()
                ) as tracked:
                    for probe in trial.progress():
                        tracked.log(probe.model_dump(), step=probe.step)
                    tracked.summary.update(_known(row))
            for path in folder.iterdir():
                path.rename(partial / path.name)
            folder.rmdir()

    @contextmanager
    def _tracked(
        self, run: Run, folder: Path, what: str, name: str, family: str, *tags: str, trial: TrialRecord | None = None
    ) -> Iterator[Any]:
        """A W&B run that is written while the block lasts."""
        import wandb  # it makes folders to live as long as the process: not in one that goes before it

        with _kept_together(run.path):
            settings = wandb.Settings(
                mode="offline",
                silent=True,
                console="off",
                disable_git=True,
                save_code=False,
                symlink=False,  # to the last run, by a name that is another one once all is published
                x_disable_stats=True,
            )
            tracked = wandb.init(
                dir=folder.parent,  # wandb adds its own folder, ``wandb``
                project=self.tracking.project,
                entity=self.tracking.entity,
                id=fingerprint(run.id, what),
                name=name,
                group=run.id,
                job_type=family,
                tags=list(dict.fromkeys((run.config.name, run.config.evaluation.protocol.name, family, *tags))),
                config=_settings(run, trial),
                settings=settings,
            )
            yield tracked
            tracked.finish()


def _log_line(tracked: Any, evaluation: Evaluation, line: Line, verdict: Verdict) -> None:
    """Scores of a row, its difference to the aggregates, the verdict, and the ROC curve of two classes."""
    import wandb

    curve = roc_points(evaluation.by_client(line.row, verdict.probe))
    if curve is not None:
        title = "ROC, scored clients"
        table = wandb.Table(dataframe=curve)
        tracked.log({"roc": wandb.plot.line(table, "false_positive_rate", "true_positive_rate", title=title)})
    tracked.summary.update(_known(line.figures) | {"by_probe": line.others})
    if line.told is not None:
        low, high = line.told.interval or (None, None)
        tracked.summary.update({"difference": line.told.difference, "difference_low": low, "difference_high": high})
    outcomes = {row.representation: str(row.outcome) for row in verdict.compared}
    tracked.summary.update({"verdict": verdict.sentence, "outcome": str(verdict.outcome), "outcomes": outcomes})


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of a row."""
    return {name: value for name, value in row.items() if name not in _SHOWN_ELSEWHERE and pd.notna(value)}


def track_run(run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
    """Copy trials and scores to W&B files in ``wandb/``, and send them if the configuration says so."""
    tracking = run.config.tracking
    tracker: Tracker = NullTracker() if tracking.mode == "disabled" else WandbTracker(tracking)
    return tracker.track(run, trials, evaluation)


def send_run(run: Run, tracking: Tracking, again: bool = False) -> str | None:
    """Send a run's W&B files; returns why they are not there, None where they are."""
    with _kept_together(run.path):
        return send(run.path / _PLACE, tracking, again)


def untracked(run: Run) -> str | None:
    """Why there is nothing to send of a run; None where there is."""
    if run.config.tracking.mode == "disabled":
        return "tracking.mode is disabled"
    return None if (run.path / _PLACE).exists() else "not tracked yet"


def is_run_sent(run: Run, tracking: Tracking) -> bool:
    """Whether a run's W&B files were sent to where they would be sent now."""
    return is_sent(run.path / _PLACE, tracking)


@contextmanager
def _kept_together(run: Path) -> Iterator[None]:
    """What wandb writes beside its runs, into folders of the user's, goes into the run's own ``.wandb``.

    Tables among it wait there for their upload: their absolute paths stand in the files of W&B. Temporary files, which
    wandb keeps as long as the process lives, go when the block ends.
    """
    places = dict.fromkeys(("WANDB_CACHE_DIR", "WANDB_DATA_DIR"), str(run / ".wandb"))
    before, temporary = {name: os.environ.get(name) for name in places}, tempfile.tempdir
    try:
        with scratch("wandb") as folder:
            os.environ.update(places)
            tempfile.tempdir = str(folder)
            yield
    finally:
        tempfile.tempdir = temporary
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _settings(run: Run, trial: TrialRecord | None) -> dict[str, Any]:
    """What the entry was made with: the run's configuration, and for a trial its own training."""
    own = {"training": trial.training.model_dump(mode="json")} if trial else {}
    return run.config.model_dump(mode="json", exclude={"resources", "tracking"}) | own
