"""Which files a path, a folder or a glob names."""

import glob
import os
from pathlib import Path

from coles_ops.schema import DataError


def find(pattern: str, what: str) -> list[Path]:
    """Data files of a path, a folder or a glob, sorted; raises DataError where there is none."""
    path = os.path.expandvars(os.path.expanduser(pattern))
    found = sorted(Path(path).iterdir()) if Path(path).is_dir() else [Path(name) for name in sorted(glob.glob(path))]
    found = [file for file in found if not file.name.startswith((".", "_"))]
    if not found:
        raise DataError(f"dataset.{what}: no file at {pattern!r} (seen from {Path.cwd()}): give a file, folder or glob")
    return found
