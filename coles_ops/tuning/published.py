"""The trials of a search that has ended: each is sealed by itself, so that a damaged one alone is trained anew."""

import logging
from pathlib import Path

from coles_ops.artefacts import intact, seal

log = logging.getLogger("coles.search")


def publish_trials(working: Path, target: Path) -> None:
    """Seal the folders of all trials and give their parent its name."""
    for folder in _trials(working):
        seal(folder)
    working.rename(target)


def trials_intact(target: Path, working: Path, total: int) -> bool:
    """Whether ``total`` trials are there as they were sealed; else those that are go back to be searched on from.

    Args:
        target: where ``publish_trials`` put them.
        working: where a search that has not ended has them.
        total: how many there should be.
    """
    if not target.exists():
        return False
    sound = sum([intact(folder) for folder in _trials(target)])
    if sound < total:
        log.warning("%d of %d trials are there; the others are run again", sound, total)
        target.rename(working)
    return sound >= total


def _trials(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())
