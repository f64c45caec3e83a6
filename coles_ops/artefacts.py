"""Artefacts on disk: whole or absent, and as they were sealed.

A stage writes into a temporary sibling that is sealed and renamed in when whole, so a killed stage leaves nothing
that could be taken for a result, and a rerun finds what is done by its fingerprint. The seal holds size and digest of
every file; an artefact that does not keep to it is named, set aside and made anew, by the stage that asks for it.
"""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from coles_ops.ownership import held, this_start

log = logging.getLogger("coles.artefacts")

SEAL = ".seal.json"
_LARGE = 1 << 20  # bytes from which a digest is worth a note
_SETTLED = 2.0  # seconds: the coarsest clock of a file system; an edit within them may leave no trace in the times
_READERS = 4  # files read at a time
_NAMED = 5  # files named in one warning

Stamp = tuple[int, int, int, int]  # inode, bytes, mtime and ctime in ns: who changes a file cannot keep its ctime


class DamagedError(OSError):
    """A file of ours cannot be read, or is not what was written: names it."""


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


def stamp(path: Path) -> Stamp:
    """What the file system says of a file; equal stamps are equal contents."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def file_digest(path: Path) -> str:
    """SHA-256 of a file; that of a large one is remembered by its stamp, so that 6 GB of CSV are hashed once."""
    seen = stamp(path)
    note = home() / "digests" / _note_name(path, seen)
    if note.exists():
        return note.read_text().partition("\n")[0]
    digest = _sha256(path)
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
def publish(target: Path, made_from: str = "") -> Iterator[Path]:
    """Yield an empty temporary sibling of ``target``; seal it and rename it in when the block ends without error.

    Args:
        target: the folder to be.
        made_from: fingerprint of what it is made from, where its name does not tell; ``intact`` asks for it.
    """
    with unfinished(target) as partial:
        yield partial
        seal(partial, made_from)
        try:
            partial.rename(target)
        except OSError:
            if not target.exists():  # else another process was first with the same content
                raise
        _flush(target.parent)


@contextmanager
def publish_file(target: Path, made_from: str = "") -> Iterator[Path]:
    """Yield the path of a temporary file to write; seal it, in a file beside it, and rename it in."""
    with unfinished(target) as folder:
        partial = folder / target.name
        yield partial
        write_json(_seal_of(target), {"made_from": made_from, "files": {target.name: _entry(partial)}})
        partial.replace(target)


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """An empty sibling of an artefact to be, held and named so that it is known for litter if this process dies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".partial-{target.name}-{this_start()}-{uuid4().hex[:8]}"
    partial.mkdir()
    try:
        with held(partial):
            yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def seal(folder: Path, made_from: str = "") -> None:
    """Bring a folder's files to the disk and write down size, digest and stamp of each."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    (folder / SEAL).unlink(missing_ok=True)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    with ThreadPoolExecutor(_READERS) as pool:
        entries = pool.map(_entry, files)
        sealed = {str(file.relative_to(folder)): entry for file, entry in zip(files, entries, strict=True)}
    write_json(folder / SEAL, {"made_from": made_from, "files": sealed})
    for path in (folder / SEAL, *folders):
        _flush(path)


def _entry(file: Path) -> dict[str, Any]:
    _flush(file)
    seen = stamp(file)
    return {"bytes": seen[1], "sha256": _sha256(file), "stamp": seen}


def _flush(path: Path) -> None:
    """Onto the disk, so that no power cut takes the contents from behind a name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def intact(target: Path, made_from: str = "") -> bool:
    """Whether an artefact is there as it was sealed.

    Sizes are always looked at; contents where the stamp is another than at the seal. A damaged artefact is named in a
    warning and set aside, so that the stage that asks makes it anew; so is one that was made from something else.
    """
    if not target.exists():
        return False
    found = damage(target)
    if not found and read_json(_seal_of(target))["made_from"] == made_from:
        return True
    why = "; ".join(found[:_NAMED]) or f"{target} was made from something else than what is there now"
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    log.warning("%s%s: %s is made anew, the old one is kept as %s", why, more, target.name, set_aside(target))
    return False


def damage(target: Path, thorough: bool = False) -> list[str]:
    """What is wrong with an artefact, file by file; empty where nothing is.

    Args:
        target: a sealed folder or file.
        thorough: read every file, also those whose stamp is that of the seal.
    """
    try:
        base = target if target.is_dir() else target.parent
        wanted = [(base / name, entry) for name, entry in _sealed_files(target).items()]
        with ThreadPoolExecutor(_READERS) as pool:
            found = pool.map(lambda pair: _compare(*pair, thorough), wanted)
            return [f"{file} {wrong}" for (file, _), wrong in zip(wanted, found, strict=True) if wrong]
    except (DamagedError, FileNotFoundError, KeyError, TypeError, AttributeError):
        return [f"{_seal_of(target)} is missing or cannot be read"]


def _compare(file: Path, entry: dict[str, Any], thorough: bool) -> str | None:
    if not file.is_file():
        return "is gone"
    seen = stamp(file)
    if seen[1] != entry["bytes"]:
        return f"has {seen[1]:,} bytes and not {entry['bytes']:,}"
    if list(seen) == entry["stamp"] and not thorough:
        return None
    if (_sha256 if thorough else file_digest)(file) == entry["sha256"]:
        return None
    if thorough:
        with suppress(OSError):  # a disk that rots changes no stamp: with a new one, the next run looks again
            os.utime(file)
    return "has other contents than were written"


def set_aside(target: Path) -> Path:
    """Move a damaged artefact into ``damaged/`` of the home folder, under its own path there; returns where to."""
    below = target.relative_to(home()) if target.is_relative_to(home()) else Path(target.name)
    place = home() / "damaged" / below.with_name(f"{below.name}-{uuid4().hex[:8]}")
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):  # another process was first
        shutil.move(target, place)
    return place


def _sealed_files(target: Path) -> dict[str, dict[str, Any]]:
    """What the seal of an artefact holds of each of its files: bytes, sha256 and stamp."""
    return read_json(_seal_of(target))["files"]


def _seal_of(target: Path) -> Path:
    return target / SEAL if target.is_dir() else target.with_name(f".{target.name}{SEAL}")


@contextmanager
def reading(path: Path) -> Iterator[Path]:
    """Yield the path to a block that reads the file, and name it where that fails.

    Raises:
        DamagedError: whatever it was, except that the file is not there or the memory is too small.
    """
    try:
        yield path
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:
        raise DamagedError(f"{path} cannot be read, it is damaged: {type(error).__name__}: {error}") from error


def read_json(path: Path) -> Any:
    """What ``write_json`` wrote; raises DamagedError with the path where it is not JSON."""
    with reading(path) as file:
        return json.loads(file.read_text())


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}-{uuid4().hex[:8]}")
    try:
        partial.write_text(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all; pydantic models and paths are taken as they are."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    write_text(path, json.dumps(value, indent=2, default=str) + "\n")
