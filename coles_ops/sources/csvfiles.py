"""CSV files to Parquet in a scratch folder, in which Spark reads the text of the wanted columns."""

from __future__ import annotations

import codecs
import io
import logging
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from coles_ops.schema import DataError
from coles_ops.sources.csvtext import Span, spans, table_of
from coles_ops.sources.dialect import HEAD, Dialect, lacking, place_of, sniff
from coles_ops.sources.encoding import AS_THEY_LIE, STEP, chunks, encoding_of, marked_encoding
from coles_ops.sources.find import hive_keys
from coles_ops.sources.kinds import Kind, naming, unpacked
from coles_ops.sources.options import CsvOptions

log = logging.getLogger("coles.sources")

_NAMED = 3  # files named in the log


@dataclass(frozen=True)
class CsvFile:
    """A file, how it is packed and encoded, and the dialect of its head."""

    path: Path
    packing: str
    encoding: str
    dialect: Dialect

    def __str__(self) -> str:
        """For the log."""
        return ", ".join([str(self.dialect), self.encoding, *([self.packing] if self.packing else [])])


def look(file: Path, kind: Kind, wanted: Sequence[str], options: CsvOptions, what: str) -> CsvFile:
    """Read the head of a file; raises DataError where it lacks a wanted column or cannot be read."""
    with naming(file, what):
        with unpacked(file, kind.packing) as stream:
            head = stream.read(HEAD)
            whole = not stream.read(1)
        encoding = _encoding(options, head)
        dialect = sniff(text_of(head, encoding, whole), wanted, options)
    _places(dialect, wanted, file, what)
    return CsvFile(file, kind.packing, encoding, dialect)


def text_of(head: bytes, encoding: str, whole: bool) -> str:
    """The whole lines of the head of a file, without a byte order mark."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, final=whole).removeprefix("\ufeff")
    if whole:
        return text
    last = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:last] if last else text


def _encoding(options: CsvOptions, head: bytes) -> str:
    if options.encoding:
        return options.encoding
    # a head may end within a character
    return encoding_of(io.BytesIO(head[: len(head) - 3] if len(head) == HEAD else head))


def _places(dialect: Dialect, wanted: Sequence[str], file: Path, what: str) -> list[int | None]:
    """Positions of the wanted columns, None for those of the folders' names; raises DataError naming what lacks."""
    with naming(file, what):
        places = [place_of(name, dialect.names) for name in wanted]
    keys = hive_keys(file)
    missing = [name for name, place in zip(wanted, places, strict=True) if place is None and name not in keys]
    if missing:
        raise DataError(f"dataset.{what}: {file} {lacking(missing, dialect.names)}")
    return places


def convert(
    files: Sequence[CsvFile], wanted: Sequence[str], options: CsvOptions, what: str, folder: Path, cores: int
) -> None:
    """Write columns c0, c1 ... of the wanted names, and ``fault``, of all files into an empty folder."""
    with ThreadPoolExecutor(cores) as outer, ThreadPoolExecutor(cores) as inner:

        def one(number: int, file: CsvFile) -> CsvFile:
            with _plain(file, wanted, options, what, folder) as (path, seen):
                places = _places(seen.dialect, wanted, file.path, what)

                def write(n: int, span: Span) -> None:
                    with naming(file.path, what), _in_utf8():
                        table = _table(path, seen, span, wanted, places)
                        target = folder / f"{number:05d}-{n:05d}.parquet"
                        pq.write_table(table, target, compression="lz4", write_statistics=False)

                list(inner.map(write, count(), spans(path, seen.dialect)))
            return seen

        _log_kinds(list(outer.map(one, range(len(files)), files)), what)


def _table(path: Path, file: CsvFile, span: Span, wanted: Sequence[str], places: Sequence[int | None]) -> pa.Table:
    """The rows of a span under the names of the scratch columns, the faulty ones last."""
    with path.open("rb") as raw:
        raw.seek(span.begin)
        data = raw.read(span.end - span.begin)
    here = sorted({place for place in places if place is not None})
    table, faults = table_of(data, file.dialect, here, span.torn)
    keys = hive_keys(file.path)
    columns = {
        f"c{i}": table[str(place)] if place is not None else pa.repeat(pa.scalar(keys[name], pa.string()), len(table))
        for i, (name, place) in enumerate(zip(wanted, places, strict=True))
    }
    good = pa.table(columns | {"fault": pa.nulls(len(table), pa.string())})
    if not faults:
        return good
    nothing = {name: pa.nulls(len(faults), pa.string()) for name in columns}
    return pa.concat_tables([good, pa.table(nothing | {"fault": pa.array(faults, pa.string())})])


@contextmanager
def _plain(
    file: CsvFile, wanted: Sequence[str], options: CsvOptions, what: str, folder: Path
) -> Iterator[tuple[Path, CsvFile]]:
    """The file as UTF-8 text that is not packed, a temporary one where it must be, and what is seen of it now."""
    made: list[Path] = []
    try:
        path = file.path
        with naming(path, what):
            if file.packing:
                made.append(folder / f"_{uuid4().hex}")
                with unpacked(path, file.packing) as stream, made[-1].open("wb") as out:
                    out.writelines(chunks(stream))
                path = made[-1]
            with path.open("rb") as stream:
                encoding = options.encoding or encoding_of(stream)
                if encoding in AS_THEY_LIE:
                    stream.seek(0)
                    encoding = marked_encoding(stream.read(4)) or encoding
            if encoding not in AS_THEY_LIE:
                made.append(folder / f"_{uuid4().hex}")
                with path.open(encoding=encoding, newline="") as text, made[-1].open("w", newline="") as out:
                    shutil.copyfileobj(text, out, STEP)
                path = made[-1]
            with path.open("rb") as stream:
                head = stream.read(HEAD)
                dialect = sniff(text_of(head, "utf-8", not stream.read(1)), wanted, options)
        yield path, CsvFile(file.path, file.packing, encoding, dialect)
    finally:
        for copy in made:
            copy.unlink(missing_ok=True)


@contextmanager
def _in_utf8() -> Iterator[None]:
    """Around a block that reads what is said to be UTF-8; raises ValueError where it is not."""
    try:
        yield
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
        raise ValueError("it is not utf-8 throughout: write another dataset.csv.encoding, or leave it out") from error


def _log_kinds(files: Sequence[CsvFile], what: str) -> None:
    """Say once of all files that are alike what they are taken for."""
    alike: dict[str, list[str]] = {}
    for file in files:
        alike.setdefault(str(file), []).append(file.path.name)
    for said, names in alike.items():
        more = " ..." if len(names) > _NAMED else ""
        log.info("dataset.%s: %d of CSV (%s%s): %s", what, len(names), ", ".join(names[:_NAMED]), more, said)
