"""What a file is, by its first and last bytes: names lie."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from coles_ops.schema import DataError

_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
}
_FOREIGN = {
    b"PARE": "encrypted Parquet",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"ARROW1": "Arrow (Feather)",
    b"\xd0\xcf\x11\xe0": "Excel",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "HDF5",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"%PDF": "PDF",
    b"\x93NUMPY": "a NumPy array",
    b"PK\x05\x06": "an empty zip archive",
    b"<!DOCTYPE": "an HTML page",
    b"<html": "an HTML page",
}
_TAR = 257  # bytes before the mark of a tar archive
_HINT = "write it out as CSV or Parquet"


@dataclass(frozen=True)
class Kind:
    """``form`` is csv or parquet; ``packing`` how a CSV is compressed, "" for not."""

    form: str
    packing: str = ""


def kind_of(file: Path, what: str) -> Kind:
    """Look at a file; raises DataError where it is empty, cannot be opened, or is neither CSV nor Parquet."""
    with naming(file, what), file.open("rb") as raw:
        head = raw.read(512)
    if not head:
        raise DataError(f"dataset.{what}: {file} is empty")
    if head.startswith(b"PAR1"):
        return Kind("parquet")
    for magic, packing in _PACKED.items():
        if head.startswith(magic):
            with naming(file, what), unpacked(file, packing) as stream:
                _refuse_foreign(stream.read(512), f"{file}, unpacked,", what)
            return Kind("csv", packing)
    _refuse_foreign(head, str(file), what)
    return Kind("csv")


def _refuse_foreign(head: bytes, file: str, what: str) -> None:
    found = next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None)
    if head[_TAR : _TAR + 5] == b"ustar":
        found = "a tar archive"
    elif head.startswith(b"PAR1"):
        found = "Parquet, which compresses itself"
    elif head.lstrip()[:2] in (b'{"', b"[{"):
        found = "JSON"
    if found:
        raise DataError(f"dataset.{what}: {file} is {found}: {_HINT}")


@contextmanager
def unpacked(file: Path, packing: str) -> Iterator[IO[bytes]]:
    """The bytes of a file as they were before they were packed; raises ValueError for what holds several files."""
    if packing == "zip":
        with zipfile.ZipFile(file) as archive:
            inside = [entry for entry in archive.infolist() if not entry.is_dir()]
            inside = [e for e in inside if not e.filename.startswith("__MACOSX/")]
            if any(entry.filename == "[Content_Types].xml" for entry in inside):
                raise ValueError(f"it is an Excel workbook: {_HINT}")
            if len(inside) != 1:
                names = ", ".join(entry.filename for entry in inside[:5])
                raise ValueError(f"it is a zip archive of {len(inside)} files ({names}): unpack it and give a folder")
            if inside[0].flag_bits & 1:
                raise ValueError("it is a zip archive with a password: unpack it")
            with archive.open(inside[0]) as stream:
                yield stream
    elif packing in ("zstd", "lz4"):
        import pyarrow as pa

        with pa.CompressedInputStream(str(file), packing) as stream:
            yield stream
    else:
        openers: dict[str, Callable[..., Any]] = {
            "gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open, "": open,
        }  # fmt: skip
        with openers[packing](file, "rb") as stream:
            yield stream


@contextmanager
def naming(file: Path, what: str) -> Iterator[None]:
    """Around a block that reads a file: what goes wrong is one message with its path."""
    try:
        yield
    except PermissionError:
        raise DataError(f"dataset.{what}: {file} may not be read: no permission") from None
    except (ValueError, EOFError, zipfile.BadZipFile, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise DataError(f"dataset.{what}: {file} cannot be read: {error}") from error
    except OSError as error:
        if error.errno is not None:  # of the disk and not of the contents
            raise
        raise DataError(f"dataset.{what}: {file} is damaged or breaks off: {error}") from error
