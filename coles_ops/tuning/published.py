"""Whether the trials on the disk are what was written: each by itself, so that a damaged one alone is trained anew."""

import logging
from pathlib import Path

import torch

from coles_ops.artefacts import SEAL, DamagedError, intact, read_json, reading, set_aside
from coles_ops.training import load_encoder
from coles_ops.tuning.folder import read_progress

log = logging.getLogger("coles.search")


def trials_intact(target: Path, working: Path, total: int) -> bool:
    """Whether ``total`` trials are published and as they were sealed; else those that are go back to ``working``."""
    if not target.exists():
        return False
    sound = sum([intact(folder) for folder in _trials(target)])
    if sound < total:
        log.warning("%d of %d trials are there; the others are run again", sound, total)
        target.rename(working)
    return sound >= total


def drop_damaged(working: Path) -> None:
    """Set aside what a search that goes on could not read: a trial with a torn file begins anew."""
    for folder in _trials(working):
        if (folder / SEAL).exists():
            intact(folder)
            continue
        try:
            _read(folder)
        except DamagedError as error:
            log.warning("%s: its trial begins anew, the old one is kept as %s", error, set_aside(folder))


def _read(folder: Path) -> None:
    """Read every file of a trial that has not been sealed yet."""
    for name in ("running.json", "trial.json"):
        if (folder / name).exists():
            read_json(folder / name)
    with reading(folder / "progress.jsonl"):
        read_progress(folder)
    if (state := folder / "state.pt").exists():
        with reading(state):
            torch.load(state, weights_only=True, map_location="cpu")
    if (encoder := folder / "encoder.pt").exists():
        load_encoder(encoder)


def _trials(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())
