"""Temporary folders that a killed process leaves to the next one to remove.

A folder holds a note of its owner, and the owner a lock on the note. The system lets go of it when that process ends,
however it ends, so whoever gets the lock knows that the folder is litter. A register below home says where the folders
are, since the next process may have another TMPDIR.
"""

import atexit
import fcntl
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from coles_ops.artefacts import home, write_json

OWNER = ".coles-owner.json"
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
        base = "/tmp"
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    entry = _register() / folder.name
    write_json(entry, {"path": str(folder), "host": platform.node()})
    with (folder / f".new{OWNER}").open("w") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        json.dump({"pid": os.getpid(), "purpose": purpose, "register": str(entry)}, note)
        note.flush()
        (folder / f".new{OWNER}").rename(folder / OWNER)  # where the note is, it is whole and locked
        try:
            yield folder
        finally:
            _remove(folder, entry)


@cache
def process_scratch(purpose: str) -> Path:
    """One scratch folder for as long as this process lives, for a library that keeps its own so long."""
    context = scratch(purpose)
    atexit.register(context.__exit__, None, None, None)
    return context.__enter__()


def abandoned() -> list[Path]:
    """Scratch folders of this user whose owners are dead: those of the register, those below TMPDIR and /tmp."""
    near = {Path(base) for base in (tempfile.gettempdir(), "/tmp")}
    found = {*_registered(), *(note.parent for base in near for note in base.glob(f"coles-*/{OWNER}"))}
    return [folder for folder in sorted(found) if _is_ours(folder) and not _is_held(folder)]


def remove_abandoned(folder: Path) -> None:
    """Remove a scratch folder unless somebody owns it, or has removed it, by now."""
    if not _is_ours(folder):
        return
    with suppress(FileNotFoundError, BlockingIOError), (folder / OWNER).open() as note:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(folder, Path(json.load(note)["register"]))


def _registered() -> list[Path]:
    """Folders of the register on this machine; an entry without its folder is dropped."""
    found = []
    for entry in _register().glob("coles-*"):
        with suppress(FileNotFoundError):
            noted = json.loads(entry.read_text())
            if noted["host"] != platform.node():
                continue
            if Path(noted["path"]).exists():
                found.append(Path(noted["path"]))
            else:
                entry.unlink()
    return found


def _is_ours(folder: Path) -> bool:
    """Whether it is a real folder of this user with a note that this module wrote."""
    try:
        owners = {folder.lstat().st_uid, (folder / OWNER).lstat().st_uid}
        purpose = json.loads((folder / OWNER).read_text())["purpose"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return owners == {os.getuid()} and not folder.is_symlink() and folder.name.startswith(f"coles-{purpose}-")


def _is_held(folder: Path) -> bool:
    with (folder / OWNER).open() as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _remove(folder: Path, entry: Path) -> None:
    """Remove a folder, its note last: what a process of the owner still writes is then found by the next sweep."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != OWNER:
            path.unlink(missing_ok=True)
    if [path.name for path in folder.iterdir()] == [OWNER]:
        shutil.rmtree(folder, ignore_errors=True)
        entry.unlink(missing_ok=True)


def _register() -> Path:
    return home() / "scratch"
