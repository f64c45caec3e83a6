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

from coles_ops.artefacts import Artefact, fingerprint, intact, publish, reading
from coles_ops.artefacts.trials import Trials
from coles_ops.config import Tracking
from coles_ops.run import Run
from coles_ops.schema import LABEL, PART, Part
from coles_ops.scratch import scratch
from coles_ops.syncing import send

_CURVE_POINTS = 200


class Tracker(Protocol):
    """Takes the entries of a leaderboard."""

    def write(self, run: Run, trials: Trials, row: dict[str, Any], folder: Path) -> None:
        """Record one entry below ``folder``."""

    def sync(self, folder: Path) -> None:
        """Send what was recorded, where that is wanted."""


class NullTracker:
    """Records nothing: ``tracking.mode: disabled``."""

    def write(self, run: Run, trials: Trials, row: dict[str, Any], folder: Path) -> None:
        """Nothing."""

    def sync(self, folder: Path) -> None:
        """Nothing."""


class WandbTracker:
    """One W&B run an entry, its id a digest of the coles run and the entry: writing again makes no second one."""

    def __init__(self, tracking: Tracking):
        self.tracking = tracking

    def write(self, run: Run, trials: Trials, row: dict[str, Any], folder: Path) -> None:
        """Write config, curves by epoch, final scores and the ROC curve of two classes."""
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
                id=fingerprint(run.id, row["entry"]),
                name=row["name"],
                group=run.id,
                job_type=row["kind"],
                tags=[tag for tag in (row["encoder"], row["sampler"]) if tag],
                config=_settings(run, trials, row["entry"]),
                settings=settings,
            )
            for epoch in trials.folder(row["entry"]).progress():
                tracked.log(epoch.model_dump(), step=epoch.epoch)
            curve = _curve(run, row["entry"])
            if curve is not None:
                table = wandb.Table(dataframe=curve)
                title = "ROC, test clients"
                tracked.log({"roc": wandb.plot.line(table, "false_positive_rate", "true_positive_rate", title=title)})
            skipped = ("entry", "name", "kind", "params")
            tracked.summary.update({k: v for k, v in row.items() if k not in skipped and pd.notna(v)})
            tracked.finish()

    def sync(self, folder: Path) -> None:
        """Send the runs where ``online`` is wanted; a failure is a warning with the command to try again."""
        if self.tracking.mode == "online":
            with _kept_together(folder.parent):
                send(folder, self.tracking)


def track_run(run: Run, trials: Trials, board: Artefact) -> Artefact:
    """Write every entry of the leaderboard to W&B files in ``wandb/``; sends them if the configuration says so."""
    target = run.path / "wandb"
    tracking = run.config.tracking
    tracker: Tracker = NullTracker() if tracking.mode == "disabled" else WandbTracker(tracking)
    made_from = fingerprint(board.path)
    if intact(target, made_from):
        tracker.sync(target)
        return Artefact(path=target, fingerprint=board.fingerprint, cached=True)
    with reading(board.path):
        rows = pd.read_parquet(board.path).query("status != 'failed'").to_dict("records")
    shutil.rmtree(run.path / ".wandb", ignore_errors=True)
    with publish(target, made_from) as partial:
        folder = partial / "wandb"
        folder.mkdir()
        for row in rows:
            tracker.write(run, trials, row, folder)
        for path in folder.iterdir():
            path.rename(partial / path.name)
        folder.rmdir()
    tracker.sync(target)
    return Artefact(path=target, fingerprint=board.fingerprint)


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


def _settings(run: Run, trials: Trials, entry: str) -> dict[str, Any]:
    """What the entry was made with: the run's configuration, and for a trial its own training."""
    record = trials.folder(entry).record()
    own = {"training": record.training.model_dump(mode="json")} if record else {}
    return run.config.model_dump(mode="json", exclude={"resources", "tracking"}) | own


def _curve(run: Run, entry: str) -> pd.DataFrame | None:
    """The ROC curve over the test clients, thinned; None for more than two classes."""
    with reading(run.path / "evaluation" / entry / "predictions.parquet") as file:
        found = pd.read_parquet(file)
    if "p_2" in found:
        return None
    test = found[found[PART] == str(Part.TEST)]
    false, true, _ = roc_curve(test[LABEL], test["p_1"])
    curve = pd.DataFrame({"false_positive_rate": false, "true_positive_rate": true})
    return curve.iloc[:: max(1, len(curve) // _CURVE_POINTS)]
