"""Content-addressed folders: a folder that exists is complete.

A stage writes into a temporary sibling that is renamed in when whole, so a killed stage leaves nothing
that could be taken for a result, and a rerun finds what is done by its fingerprint.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

_BLOCK = 1 << 20


def home() -> Path:
    """The home folder: ``COLES_HOME``, or ``.coles`` in the working folder."""
    return Path(os.environ.get("COLES_HOME", ".coles")).absolute()


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


def file_digest(path: Path) -> str:
    """SHA-256 of a file, remembered by (path, size, mtime) so that 6 GB of CSV are hashed once."""
    stat = path.stat()
    key = hashlib.sha256(f"{path.absolute()}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()
    note = home() / "digests" / key
    if note.exists():
        return note.read_text()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    write_text(note, digest.hexdigest())
    return digest.hexdigest()


def code_version(*packages: str) -> str:
    """Digest of the source of modules or packages of this project, given relative to its root.

    Artefacts carry it, so that an edit of the code that made them makes them anew.
    """
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in packages:
        path = root / package
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def publish(target: Path) -> Iterator[Path]:
    """Yield an empty temporary sibling of ``target``; rename it in when the block ends without error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".partial-{target.name}-{uuid4().hex[:8]}"
    partial.mkdir()
    try:
        yield partial
        try:
            partial.rename(target)
        except OSError:
            if not target.exists():  # else another process was first with the same content
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}-{uuid4().hex[:8]}")
    partial.write_text(text)
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all; pydantic models and paths are taken as they are."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    write_text(path, json.dumps(value, indent=2, default=str) + "\n")
