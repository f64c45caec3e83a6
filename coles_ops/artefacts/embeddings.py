"""Embeddings of new events, where a user asked for them: whole part by part, so that an interrupted job goes on.

A folder holds::

    part-00000.parquet ..  client_id and e_0000 .., clients by id within a part
    summary.json           once all parts are there: counts, unknown values, the bundle
    quarantine.parquet     rows that were left out, with the reason; only where there are any
    .work/                 while it is made: rows, coded events, what they are made from
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coles_ops.artefacts.files import read_json, write_json
from coles_ops.artefacts.handle import Artefact
from coles_ops.locks import locked
from coles_ops.schema import CLIENT, UserError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from coles_ops.features import Features

_FACTS = b"coles"  # in the metadata of a part


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
        """Those that are there."""
        return sorted(self.path.glob("part-*.parquet"))

    def part(self, number: int) -> Path:
        """The file of a part."""
        return self.path / f"part-{number:05d}.parquet"

    def write_part(self, number: int, ids: np.ndarray, embeddings: np.ndarray, facts: dict[str, Any]) -> None:
        """Write a part: ids (B,), embeddings (B, D) and what to keep of its events."""
        table = embedding_table(ids, embeddings)
        write_parquet(self.part(number), [table.replace_schema_metadata({_FACTS: json.dumps(facts)})])

    def facts_of_parts(self) -> list[dict[str, Any]]:
        """What ``write_part`` kept."""
        import pyarrow.parquet as pq

        return [json.loads(pq.read_schema(part).metadata[_FACTS]) for part in self.parts]

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

    def deal_by(self, place: str) -> None:
        """Say where clients are dealt to parts, which decides who is in which.

        Raises:
            OutputError: it was begun elsewhere.
        """
        begun = self.work / "dealt_by.json"
        if begun.exists() and read_json(begun) != place:
            raise OutputError(
                f"{self.path} was begun by {read_json(begun)}, whose parts hold other clients than those of {place}: "
                "go on with the same resources.spark_master, or name a new folder with --out"
            )
        write_json(begun, place)

    def _refuse_other(self, made_from: str) -> None:
        if made_from != self.fingerprint:
            raise OutputError(
                f"{self.path} holds embeddings of other events or of another bundle: name a new folder with --out"
            )


def embedding_table(ids: np.ndarray, embeddings: Features) -> pa.Table:
    """client_id (B,) and the embedding (B, D) as columns e_0000 .., a sparse one as lists e_columns and e_values."""
    import pyarrow as pa
    from scipy import sparse

    if sparse.issparse(embeddings):
        rows = sparse.csr_matrix(embeddings)
        parts = {"e_columns": rows.indices, "e_values": rows.data}
        lists = {name: pa.ListArray.from_arrays(rows.indptr, part) for name, part in parts.items()}
        return pa.table({CLIENT: ids, **lists})
    return pa.table({CLIENT: ids, **{f"e_{i:04d}": column for i, column in enumerate(embeddings.T)}})


def write_features(path: Path, blocks: Iterable[tuple[np.ndarray, Features]]) -> None:
    """Stream ids (B,) and features (B, F) to Parquet, a row group a block; columns as of ``embedding_table``."""
    write_tables(path, (embedding_table(ids, features) for ids, features in blocks))


def write_parquet(path: Path, tables: Iterable[pa.Table]) -> None:
    """One file of tables, of which there is at least one, whole or not at all."""
    partial = path.with_name(f".{path.name}")
    write_tables(partial, tables)
    partial.replace(path)


def write_tables(path: Path, tables: Iterable[pa.Table]) -> None:
    """Stream tables to Parquet, a row group each."""
    import pyarrow.parquet as pq

    writer = None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=max(1, len(table)))
    finally:
        if writer:
            writer.close()
