"""A disk that gets full: a tmpfs, which only root may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOMY = 512 << 20  # bytes


def possible() -> bool:
    """Whether this process may mount one."""
    return os.geteuid() == 0


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A roomy disk at a folder, gone with all on it at the end."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def leave(folder: Path, room: int) -> bool:
    """Let no more than ``room`` bytes be written from now on; False where more was written meanwhile."""
    stat = os.statvfs(folder)
    return _resize(folder, (stat.f_blocks - stat.f_bfree) * stat.f_frsize + room)


def make_room(folder: Path) -> None:
    """Roomy again."""
    assert _resize(folder, ROOMY)


def _resize(folder: Path, size: int) -> bool:
    command = ["mount", "-o", f"remount,size={size}", folder]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
