"""Weights & Biases runs, written from our own files once all is known.

Our files are the truth and W&B is a copy of them: so an unreachable server can neither stall nor fail a trial,
a killed search loses no curve, and the copy can be made again. Runs are always written offline; ``online``
syncs them afterwards, within a time limit.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from sklearn.metrics import roc_curve

from coles_ops.artefacts import Artefact, fingerprint, intact, publish
from coles_ops.artefacts.evaluation import PROBE, REPRESENTATION, Evaluation
from coles_ops.artefacts.trial import Status, TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Tracking
from coles_ops.run import Run
from coles_ops.schema import LABEL, Part
from coles_ops.scratch import scratch
from coles_ops.syncing import send

_PLACE = "wandb"  # below the folder of the run
_CURVE_POINTS = 200


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
    """One W&B run an entry, its id a digest of the coles run and the entry: writing again makes no second one."""

    def __init__(self, tracking: Tracking):
        self.tracking = tracking

    def track(self, run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
        """Write every entry of the leaderboard below ``wandb/``; send it where ``online`` is wanted.

        That it cannot be sent is a warning with the command to try again.
        """
        target = run.path / _PLACE
        made_from = fingerprint(
            evaluation.leaderboard_file, evaluation.verdict_file, self.tracking.project, self.tracking.entity
        )
        found = intact(target, made_from)
        if not found:
            self._write_all(run, trials, evaluation, target, made_from)
        if self.tracking.mode == "online":
            with _kept_together(run.path):
                send(target, self.tracking)
        return Artefact(path=target, fingerprint=evaluation.fingerprint, cached=found)

    def _write_all(self, run: Run, trials: Trials, evaluation: Evaluation, target: Path, made_from: str) -> None:
        board = evaluation.leaderboard()
        shutil.rmtree(run.path / ".wandb", ignore_errors=True)
        with publish(target, made_from) as partial:
            folder = partial / "wandb"
            folder.mkdir()
            for row in board[board.status != str(Status.FAILED)].to_dict("records"):
                self._write(run, trials, evaluation, row, folder)
            for path in folder.iterdir():
                path.rename(partial / path.name)
            folder.rmdir()

    def _write(self, run: Run, trials: Trials, evaluation: Evaluation, row: dict[str, Any], folder: Path) -> None:
        """Write config, curves by step, final scores and the ROC curve of two classes of one entry."""
        import wandb  # it makes folders to live as long as the process: not in one that goes before it

        trial = trials.folder(row[REPRESENTATION])
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
                id=fingerprint(run.id, row[REPRESENTATION], row[PROBE]),
                name=row["name"],
                group=run.id,
                job_type=row["kind"],
                tags=[tag for tag in (row["encoder"], row["sampler"], row[PROBE]) if tag],
                config=_settings(run, trial.record()),
                settings=settings,
            )
            for probe in trial.progress():
                tracked.log(probe.model_dump(), step=probe.step)
            curve = _curve(evaluation, row)
            if curve is not None:
                table = wandb.Table(dataframe=curve)
                title = "ROC, test clients"
                tracked.log({"roc": wandb.plot.line(table, "false_positive_rate", "true_positive_rate", title=title)})
            skipped = (REPRESENTATION, PROBE, "name", "kind")
            tracked.summary.update({k: v for k, v in row.items() if k not in skipped and pd.notna(v)})
            tracked.summary.update({"verdict": evaluation.verdict().sentence, "outcome": evaluation.verdict().outcome})
            tracked.finish()


def track_run(run: Run, trials: Trials, evaluation: Evaluation) -> Artefact:
    """Copy trials and scores to W&B files in ``wandb/``, and send them if the configuration says so."""
    tracking = run.config.tracking
    tracker: Tracker = NullTracker() if tracking.mode == "disabled" else WandbTracker(tracking)
    return tracker.track(run, trials, evaluation)


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


def _curve(evaluation: Evaluation, row: dict[str, Any]) -> pd.DataFrame | None:
    """The ROC curve over the test clients, thinned; None for more than two classes."""
    test = evaluation.predictions(row[REPRESENTATION], probe=row[PROBE], part=Part.SCORE)
    if "p_2" in test:
        return None
    false, true, _ = roc_curve(test[LABEL], test["p_1"])
    curve = pd.DataFrame({"false_positive_rate": false, "true_positive_rate": true})
    return curve.iloc[:: max(1, len(curve) // _CURVE_POINTS)]
