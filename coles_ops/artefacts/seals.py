"""Artefacts on disk: whole or absent, and as they were sealed.

A stage writes into a temporary sibling that is sealed and renamed in when whole, so a killed stage leaves nothing
that could be taken for a result, and a rerun finds what is done by its fingerprint. The seal holds size and digest of
every file; an artefact that does not keep to it is named, set aside and made anew, by the stage that asks for it.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from coles_ops.artefacts.digests import file_digest, sha256, stamp
from coles_ops.artefacts.files import DamagedError, read_json, write_json
from coles_ops.artefacts.home import home
from coles_ops.ownership import held, this_start

log = logging.getLogger("coles.artefacts")

SEAL = ".seal.json"
_READERS = 4  # files read at a time
_NAMED = 5  # files named in one warning


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
    return {"bytes": seen[1], "sha256": sha256(file), "stamp": seen}


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
            found = pool.map(lambda pair: _compare(pair[0], pair[1], thorough), wanted)
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
    if (sha256 if thorough else file_digest)(file) == entry["sha256"]:
        return None
    if thorough:
        with suppress(OSError):  # a disk that rots changes no stamp: with a new one, the next run looks again
            os.utime(file)
    return "has other contents than were written"


def set_aside(target: Path) -> Path:
    """Move a damaged artefact into ``damaged/`` of the home folder, under its own path there; returns where to."""
    below = home().relative(target)
    below = Path(below.name) if below.is_absolute() else below
    place = home().damaged / below.with_name(f"{below.name}-{uuid4().hex[:8]}")
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):  # another process was first
        shutil.move(target, place)
    return place


def _sealed_files(target: Path) -> dict[str, dict[str, Any]]:
    """What the seal of an artefact holds of each of its files: bytes, sha256 and stamp."""
    return read_json(_seal_of(target))["files"]


def _seal_of(target: Path) -> Path:
    return target / SEAL if target.is_dir() else target.with_name(f".{target.name}{SEAL}")
