"""Digests of values and files: by them what is done is found again, and damage is told."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from coles_ops.artefacts.files import write_text
from coles_ops.artefacts.home import home

_LARGE = 1 << 20  # bytes from which a digest is worth a note
_SETTLED = 2.0  # seconds: the coarsest clock of a file system; an edit within them may leave no trace in the times

Stamp = tuple[int, int, int, int]  # inode, bytes, mtime and ctime in ns: who changes a file cannot keep its ctime


def fingerprint(*parts: Any) -> str:
    """16 hex digits over JSON-able values, pydantic models and the contents of files (any ``Path``)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            digest.update(file_digest(part).encode())
        else:
            value = part.model_dump(mode="json") if isinstance(part, BaseModel) else part
            digest.update(json.dumps(value, sort_keys=True, default=str).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def stamp(path: Path) -> Stamp:
    """What the file system says of a file; equal stamps are equal contents."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def file_digest(path: Path) -> str:
    """SHA-256 of a file; that of a large one is remembered by its stamp, so that 6 GB of CSV are hashed once."""
    seen = stamp(path)
    note = home().digests / _note_name(path, seen)
    if note.exists():
        return note.read_text().partition("\n")[0]
    digest = sha256(path)
    _, size, _, changed = seen
    if size >= _LARGE and time.time() - changed / 1e9 > _SETTLED and stamp(path) == seen:
        write_text(note, f"{digest}\n{path.absolute()}")
    return digest


def _note_name(path: Path, seen: Stamp) -> str:
    return hashlib.sha256(f"{path.absolute()}|{seen}".encode()).hexdigest()


def still_holds(note: Path) -> bool:
    """Whether a remembered digest is that of a file as it is now."""
    path = Path(note.read_text().partition("\n")[2])
    return path.is_file() and note.name == _note_name(path, stamp(path))


def sha256(path: Path) -> str:
    """Of a file, read whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
