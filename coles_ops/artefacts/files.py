"""Small files: written whole or not at all, and named where they cannot be read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


class DamagedError(OSError):
    """A file of ours cannot be read, or is not what was written: names it."""


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


def read_model(path: Path, kind: type[M]) -> M:
    """A pydantic model that ``write_json`` wrote; raises DamagedError with the path where it is none of this kind."""
    with reading(path) as file:
        return kind.model_validate_json(file.read_bytes())


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Yield the path of a temporary file beside this one, which takes its place when the block ends without error."""
    partial = file.with_name(f".{file.name}")
    yield partial
    partial.replace(file)


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
