"""What killed processes have left behind: found, and removed by the next one that starts."""

import logging
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coles_ops.artefacts import home, unfinished
from coles_ops.ownership import last_change, taken_over
from coles_ops.run import Run, RunBusyError, lock_run
from coles_ops.scratch import abandoned, remove_abandoned

log = logging.getLogger("coles.litter")

_PARTIAL = re.compile(r"\.partial-.+?(?:-([0-9a-f]{8}))?-[0-9a-f]{8}")
_HOUR = 3600.0  # seconds without a change: no file is being written so slowly


@dataclass(frozen=True)
class Item:
    """Something to remove."""

    group: str
    path: Path
    remove: Callable[[], bool]  # looks again whether it still may; returns whether it is gone


def sweep() -> None:
    """Remove the litter, and say how much it was; whatever cannot be removed is left."""
    freed = 0
    for item in litter():
        with suppress(OSError):
            size = size_of(item.path)
            freed += size if item.remove() else 0
    if freed:
        log.info("removed %s that killed processes had left", readable(freed))


def litter() -> list[Item]:
    """Scratch folders of dead processes, half-made artefacts of home, and what Ray noted of runs nobody works on."""
    found = [path for depth in range(5) for path in sorted(home().path.glob("*/" * depth + ".partial-*"))]
    half_made = [path for path in found if _PARTIAL.fullmatch(path.name) and _is_left(path)]
    ray = sorted(home().runs.glob("*/.ray"))
    return [
        *(Item("scratch folders", path, partial(remove_abandoned, path)) for path in abandoned()),
        *(Item("half-made artefacts", path, partial(_remove_half_made, path)) for path in half_made),
        *(Item("notes of Ray", path, partial(_remove_ray, path)) for path in filter(_is_still, ray)),
    ]


def discard(path: Path) -> None:
    """Remove a folder of home at once: no other process ever sees a part of it."""
    with unfinished(home().path / path.name) as trash:
        path.rename(trash / path.name)


def _is_left(path: Path) -> bool:
    if path.is_file():
        return _is_still(path)
    with taken_over(path, _start(path)) as mine:
        return mine


def _remove_half_made(path: Path) -> bool:
    if path.is_file():
        path.unlink(missing_ok=True)
        return True
    with taken_over(path, _start(path)) as mine:
        if mine:
            shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def _remove_ray(path: Path) -> bool:
    with suppress(RunBusyError), lock_run(Run(path.parent)):
        shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def _start(partial: Path) -> str:
    """The start of the machine that the name of a half-made folder tells."""
    match = _PARTIAL.fullmatch(partial.name)
    return (match and match.group(1)) or ""


def _is_still(path: Path) -> bool:
    """Whether it is there, this user's, and nothing of it was written for an hour."""
    with suppress(FileNotFoundError):  # its process has renamed it meanwhile
        return path.lstat().st_uid == os.getuid() and time.time() - last_change(path) > _HOUR
    return False


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    total = 0
    for entry in (path, *path.rglob("*")):
        with suppress(OSError):
            total += entry.lstat().st_size if not entry.is_dir() else 0
    return total


def readable(size: int) -> str:
    """Bytes as people read them: ``1.5 GB``."""
    for unit, digits in (("GB", 30), ("MB", 20), ("kB", 10)):
        if size >= 1 << digits:
            return f"{size / (1 << digits):,.1f} {unit}"
    return f"{size} bytes"
