"""A W&B run that is written into files of ours."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from coles_ops.artefacts import fingerprint
from coles_ops.run import Run
from coles_ops.scratch import scratch
from coles_ops.tracking import names
from coles_ops.tracking.records import Record


def begin(run: Run, record: Record, folder: Path, mode: Literal["offline", "online"] = "offline") -> Any:
    """Begin the W&B run of a record; its id is a digest of run and record, so that it is one wherever it is written.

    Args:
        run: whose trials and rows stand together in W&B, in a group: what one flow run makes, or several that go on
            with the same.
        record: name, tags and configuration are written at once.
        folder: wandb adds one of its own, ``wandb``.
        mode: ``online`` sends it as it is written.
    """
    import wandb

    tracking = run.config.tracking
    settings = wandb.Settings(
        mode=mode,
        silent=True,
        console="off",
        disable_git=True,
        save_code=False,
        symlink=False,  # to the last run, by a name that is another one once all is published
        reinit="create_new",  # several at once
        x_disable_stats=True,
    )
    return wandb.init(
        dir=folder,
        project=tracking.project,
        entity=tracking.entity,
        id=fingerprint(run.id, record.what),
        name=record.name,
        group=run.id,
        job_type=record.kind,
        tags=record.tags,
        config=record.config,
        settings=settings,
    )


def log_probe(tracked: Any, probe: dict[str, Any]) -> None:
    """A point of a trial's curve, shown at once."""
    tracked.log(probe, step=probe[names.STEP], commit=True)


@contextmanager
def wandb_run(run: Run, record: Record, folder: Path) -> Iterator[Any]:
    """One that is written offline while the block lasts, and ends with the record's summary."""
    tracked = begin(run, record, folder)
    yield tracked
    tracked.summary.update(record.summary)
    tracked.finish()


@contextmanager
def kept_together(run: Path) -> Iterator[None]:
    """What wandb writes beside its runs, into folders of the user's, goes into the run's own ``.wandb``.

    Tables among it wait there for their upload: their absolute paths stand in the files of W&B. Temporary files, which
    wandb keeps as long as the process lives, go when the block ends.
    """
    import wandb  # noqa: F401  # it makes folders to live as long as the process: not in one that goes before it

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
