"""Whether the trials on the disk are what was written: each by itself, so that a damaged one alone is trained anew."""

import logging
from pathlib import Path

import torch

from coles_ops.artefacts import SEAL, DamagedError, intact, read_json, reading, set_aside, write_json
from coles_ops.schema import FaultError
from coles_ops.training import load_encoder
from coles_ops.tuning.folder import read_progress

log = logging.getLogger("coles.search")


_LIST = ".ended.json"  # beside the trials: their names


def publish_trials(working: Path, target: Path) -> None:
    """Rename the trials in; raises FaultError where one of them has not ended."""
    names = [folder.name for folder in _trials(working)]
    if open_ends := [name for name in names if not (working / name / SEAL).exists()]:
        raise FaultError(f"{', '.join(open_ends)}: not ended yet; the same command goes on")
    write_json(working / _LIST, names)
    working.rename(target)


def trials_intact(target: Path, working: Path) -> bool:
    """Whether the trials are published, and are as they were sealed; else those that are go back to ``working``."""
    if not target.exists():
        return False
    try:
        names = read_json(target / _LIST)
    except (FileNotFoundError, DamagedError):
        names = []
    sound = sum([intact(target / name) for name in names])
    if names and sound == len(names):
        return True
    log.warning("%d of %d trials are there; the others are run again", sound, len(names))
    target.rename(working)
    return False


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
