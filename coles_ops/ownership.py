"""Who works in a temporary folder: the process that made it holds a lock on it.

The system lets go of the lock when that process ends, however it ends, so whoever gets it knows that the folder is
litter. Locks are not seen from other machines, and none outlives this one's start: so a folder is marked with that.
"""

import fcntl
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

_MOMENT = 5.0  # seconds: more than a process needs from making a folder to its lock
_ELSEWHERE = 2 * 86_400.0  # seconds without a change, after which a folder of another machine, or start, is litter


@cache
def this_start() -> str:
    """8 hex digits that tell this machine, since it was started last, from all others."""
    here = platform.node()
    with suppress(OSError):
        here = Path("/proc/sys/kernel/random/boot_id").read_text()
    return sha256(here.encode()).hexdigest()[:8]


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Hold a folder that this process has just made, for as long as the block works in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: then nobody can take it over either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)


@contextmanager
def taken_over(folder: Path, start: str) -> Iterator[bool]:
    """Hold a folder in which nobody works any more; yields whether it is one, and this user's.

    Args:
        folder: any path.
        start: ``this_start()`` of the process that made it.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        yield os.fstat(descriptor).st_uid == os.getuid() and _let_go(folder, descriptor, start)
    finally:
        os.close(descriptor)


def _let_go(folder: Path, descriptor: int, start: str) -> bool:
    here = start == this_start()
    if time.time() - (os.fstat(descriptor).st_mtime if here else last_change(folder)) < (
        _MOMENT if here else _ELSEWHERE
    ):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return folder.exists()  # else another process was first


def last_change(path: Path) -> float:
    """The newest time of modification in a tree, in seconds."""
    newest = 0.0
    for entry in (path, *path.rglob("*")):
        with suppress(OSError):
            newest = max(newest, entry.lstat().st_mtime)
    return newest
