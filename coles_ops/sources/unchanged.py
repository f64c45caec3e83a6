"""Files that are the same from the begin of a reading to its end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coles_ops.artefacts import file_digest, fingerprint, stamp
from coles_ops.schema import DataError
from coles_ops.sources.find import hive_keys


@contextmanager
def unchanged(files: Callable[[], list[Path]], digests: Mapping[str, str]) -> Iterator[None]:
    """Around a block that reads files: they are those of these digests, from its begin to its end.

    Args:
        files: says which they are, again at the end.
        digests: path to SHA-256.

    Raises:
        DataError: one was changed, added or taken away; also in place of an error that came of it.
    """
    before = _stamps(files())
    _refuse_changed(digests, {path: file_digest(Path(path)) for path in before})
    try:
        yield
    except Exception as error:
        _refuse_changed(before, _stamps(files()), error)
        raise
    _refuse_changed(before, _stamps(files()))


def facts_of(files: list[Path]) -> list[dict[str, Any]]:
    """Path, size and digest of each file, and what the names of its folders say of it."""
    return [{"path": str(f), "bytes": f.stat().st_size, "sha256": file_digest(f), "keys": hive_keys(f)} for f in files]


def contents(facts: list[dict[str, Any]]) -> list[str]:
    """Digest of each file, with the values that its folders' names add to its rows."""
    return [file["sha256"] + (fingerprint(file["keys"]) if file.get("keys") else "") for file in facts]


def _stamps(files: list[Path]) -> dict[str, Any]:
    return {str(file): stamp(file) for file in files}


def _refuse_changed(before: Mapping[str, Any], after: Mapping[str, Any], cause: Exception | None = None) -> None:
    if changed := sorted(path for path in {*before, *after} if before.get(path) != after.get(path)):
        raise DataError(f"{', '.join(changed)}: changed while it was read: run again, and nothing is lost") from cause
