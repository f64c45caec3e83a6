"""Temporary folders that a killed process leaves to the next one to remove.

A folder holds a note of its owner. A register below home says where the folders are, since the next process may have
another TMPDIR.
"""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from coles_ops.artefacts import home, write_json
from coles_ops.ownership import held, taken_over, this_start

OWNER = ".coles-owner.json"
_SHORT_BASE = "/tmp"  # where TMPDIR is too long for sockets
_SHORT = 40  # characters of a folder in which Ray makes sockets, whose whole names are limited to 107
_RANDOM = 8  # characters that ``mkdtemp`` adds


@contextmanager
def scratch(purpose: str, short: bool = False) -> Iterator[Path]:
    """Yield a new folder ``coles-<purpose>-*`` below TMPDIR; remove it when the block ends.

    Args:
        purpose: what it is for, a word.
        short: keep its path so short that sockets can be made below it: in /tmp where TMPDIR is long.
    """
    base, prefix = tempfile.gettempdir(), f"coles-{purpose}-"
    if short and len(f"{base}/{prefix}") + _RANDOM > _SHORT:
        base = _SHORT_BASE
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    entry = _register() / folder.name
    note = {
        "folder": str(folder),
        "start": this_start(),
        "pid": os.getpid(),
        "purpose": purpose,
        "register": str(entry),
    }
    with held(folder):
        write_json(entry, note)
        write_json(folder / OWNER, note)
        try:
            yield folder
        finally:
            _remove(folder, entry)


@cache
def own_temporary_folder() -> Path:
    """From here on, this process and all it starts make their temporary files in one scratch folder; returns it.

    So what libraries leave there goes with it, at the end of the process or, if it is killed, with the next sweep.
    """
    context = scratch("tmp")
    folder = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    return folder


def abandoned() -> list[Path]:
    """Scratch folders of this user whose owners are dead: those of the register, those below TMPDIR and /tmp."""
    near = {Path(base) for base in (tempfile.gettempdir(), _SHORT_BASE)}
    found = {*_registered(), *(note.parent for base in near for note in base.glob(f"coles-*/{OWNER}"))}
    return [folder for folder in sorted(found) if _is_abandoned(folder)]


def remove_abandoned(folder: Path) -> bool:
    """Remove a scratch folder, unless by now somebody owns it or has removed it; returns whether it is gone."""
    with _taken_over(folder) as note:
        if note:
            _remove(folder, Path(note["register"]))
            _registered()  # so the entries of those that lay in it are dropped
    return not folder.exists()


def _is_abandoned(folder: Path) -> bool:
    with _taken_over(folder) as note:
        return note is not None


@contextmanager
def _taken_over(folder: Path) -> Iterator[dict[str, Any] | None]:
    """Yield the note of a scratch folder whose owner is dead; None for anything else, however alike it looks."""
    if not (note := _note(folder)):
        yield None
        return
    with taken_over(folder, note["start"]) as mine:
        yield note if mine else None


def _note(folder: Path) -> dict[str, Any] | None:
    """Of a scratch folder: what stands in it, or in the register where its owner was killed before it wrote that."""
    for file in (folder / OWNER, _register() / folder.name):
        with suppress(OSError, ValueError):
            note = json.loads(file.read_text())
            if isinstance(note, dict) and note.get("folder") == str(folder):
                return note
    return None


def _registered() -> list[Path]:
    """Folders of the register; an entry of this machine whose folder is gone is dropped."""
    found = []
    for entry in _register().glob("coles-*"):
        with suppress(OSError, ValueError):
            note = json.loads(entry.read_text())
            found.append(Path(note["folder"]))
            if note["start"] == this_start() and not found[-1].exists():
                entry.unlink()
    return found


def _remove(folder: Path, entry: Path) -> None:
    """Remove a folder, its note last: so what a process of the owner still writes is found by the next sweep."""
    for path in folder.glob("*"):  # nothing where somebody has removed the folder by hand
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != OWNER:
            path.unlink(missing_ok=True)
    if all(path.name == OWNER for path in folder.glob("*")):
        shutil.rmtree(folder, ignore_errors=True)
        entry.unlink(missing_ok=True)


def _register() -> Path:
    return home().scratch
