"""A lock that is a file: the system lets go of it when its process ends, however it ends."""

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO


def locked(path: Path) -> IO[str] | None:
    """The file, locked until it is closed; None where another process has it.

    Raises:
        FileNotFoundError: its folder is not there.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(path.open("a"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        if os.fstat(lock.fileno()).st_ino != path.stat().st_ino:  # removed, and made again, before we had it
            return None
        stack.pop_all()
        return lock
