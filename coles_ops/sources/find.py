"""Which files a path, a folder or a glob names."""

import glob
import logging
import os
import re
from pathlib import Path
from urllib.parse import unquote

from coles_ops.schema import DataError

log = logging.getLogger("coles.sources")

_NOTES = re.compile(
    r"(readme|licen[cs]e|notice|changelog|makefile)\b.*|.*\.(md|rst|html?|pdf|docx?|ya?ml|py|ipynb|sh)", re.I
)
_LEFTOVERS = re.compile(r".*(\.(crc|tmp|part|swp|bak)|~)", re.I)
_LAKES = {"_delta_log": "Delta", ".hoodie": "Hudi", "metadata": "Iceberg"}
_NAMED = 5  # files named in one warning
_NULL_KEY = "__HIVE_DEFAULT_PARTITION__"


def find(pattern: str, what: str) -> list[Path]:
    """Data files of a path, a folder with all below it, or a glob, sorted.

    Hidden files and those of writers (``_SUCCESS``, ``_metadata``, ``_temporary/``) are passed over, and so are notes
    (``README.md``), with a warning. ``~`` and ``$VARIABLES`` are put in; ``**`` goes through folders of any depth.

    Raises:
        DataError: there is no file, or it is a table of Delta, Hudi or Iceberg, whose files do not all count.
    """
    path = os.path.expandvars(os.path.expanduser(pattern))
    named = [Path(path)] if os.path.lexists(path) else [Path(name) for name in sorted(glob.glob(path, recursive=True))]
    found: set[Path] = set()
    notes: set[Path] = set()
    for place in named:
        if not place.is_dir():
            found.add(place)
        elif place == Path(path) or not any(other != place and other.is_relative_to(place) for other in named):
            _walk(place, found, notes, what)
    if notes - found:
        shown = ", ".join(str(file) for file in sorted(notes - found)[:_NAMED])
        more = f" and {len(notes) - _NAMED} more" if len(notes) > _NAMED else ""
        log.warning("dataset.%s: passed over %s%s, which look like no data", what, shown, more)
    if not found:
        raise DataError(f"dataset.{what}: no file at {pattern!r} (seen from {Path.cwd()}): give a file, folder or glob")
    lost = next((file for file in sorted(found) if not file.exists()), None)
    if lost:
        raise DataError(f"dataset.{what}: {lost} is a link to a file that is not there")
    return sorted(found)


def _walk(folder: Path, found: set[Path], notes: set[Path], what: str) -> None:
    """Add the data files below a folder to ``found``, and what looks like none to ``notes``."""
    for base, folders, files in os.walk(folder, followlinks=True):
        for mark, kind in _LAKES.items():
            if mark in folders and (kind != "Iceberg" or any(Path(base, mark).glob("*.metadata.json"))):
                raise DataError(
                    f"dataset.{what}: {base} is a table of {kind}, whose log says which files count: "
                    "write it out as Parquet and give the folder of that"
                )
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in files:
            if name.startswith((".", "_")):
                continue
            (notes if _NOTES.fullmatch(name) or _LEFTOVERS.fullmatch(name) else found).add(Path(base, name))


def hive_keys(file: Path) -> dict[str, str | None]:
    """What the names of the folders say of a file: ``day=2024-03-01/part.csv`` has the column day."""
    pairs = (part.split("=", 1) for part in file.parts[:-1] if "=" in part[1:])
    return {unquote(key): None if value == _NULL_KEY else unquote(value) for key, value in pairs}
