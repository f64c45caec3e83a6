"""Embeddings of new events, where a user asked for them: whole part by part, so that an interrupted job goes on.

A folder holds::

    part-00000.parquet ..  client_id and e_0000 .., clients by id, 65,536 a part
    summary.json           once all parts are there: counts, unknown values, the bundle
    quarantine.parquet     rows that were left out, with the reason; only where there are any
    .work/                 while it is made: rows, coded events, what they are made from
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coles_ops.artefacts.files import read_json, write_json
from coles_ops.artefacts.handle import Artefact
from coles_ops.locks import locked
from coles_ops.schema import UserError


class OutputError(UserError):
    """A folder cannot take the embeddings: names it, and why."""


class Embeddings(Artefact):
    """A folder of embeddings; its fingerprint is that of the bundle and of the files of events."""

    @property
    def work(self) -> Path:
        """Folder of what is only needed while it is made."""
        return self.path / ".work"

    @property
    def quarantine(self) -> Path:
        """Rows that were left out."""
        return self.path / "quarantine.parquet"

    @property
    def parts(self) -> list[Path]:
        """Those that are there, in the order of clients."""
        return sorted(self.path.glob("part-*.parquet"))

    def part(self, number: int) -> Path:
        """The file of a part."""
        return self.path / f"part-{number:05d}.parquet"

    @property
    def summary(self) -> dict[str, Any]:
        """Counts, unknown values and the bundle."""
        return read_json(self._summary)

    def finish(self, summary: dict[str, Any]) -> None:
        """Say that all parts are there."""
        write_json(self._summary, {"made_from": self.fingerprint, **summary})

    @property
    def _summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def _made_from(self) -> Path:
        return self.work / "made_from.json"

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Work in the folder alone; yields whether all is done already.

        Raises:
            OutputError: it holds something else, or another process works in it.
        """
        if self._summary.exists():
            self._refuse_other(self.summary["made_from"])
            yield True
            return
        if self._made_from.exists():
            self._refuse_other(read_json(self._made_from))
        elif self.path.exists() and any(self.path.iterdir()):
            raise OutputError(f"{self.path} is not empty: name a new folder with --out")
        write_json(self._made_from, self.fingerprint)
        lock = locked(self.work / "lock")
        if not lock:
            raise OutputError(f"another process writes embeddings into {self.path}")
        with lock:
            yield False

    def _refuse_other(self, made_from: str) -> None:
        if made_from != self.fingerprint:
            raise OutputError(
                f"{self.path} holds embeddings of other events or of another bundle: name a new folder with --out"
            )
