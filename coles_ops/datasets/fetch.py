"""Download a dataset's files: resumed where they stopped, checked for their size, renamed in when whole."""

import gzip
import shutil
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from coles_ops.schema import DataError

_BLOCK = 1 << 20


def _by_authors(repository: str, *files: str) -> dict[str, str]:
    """Where the authors of the method keep their data."""
    return {file: f"https://huggingface.co/datasets/dllllb/{repository}/resolve/main/{file}" for file in files}


SOURCES = {
    "datafusion2022": {
        "transactions.zip": "https://storage.yandexcloud.net/datasouls-ods/materials/0433a4ca/transactions.zip",
        "clickstream.zip": "https://storage.yandexcloud.net/datasouls-ods/materials/0554f0cf/clickstream.zip",
        "train_matching.csv": "https://storage.yandexcloud.net/datasouls-ods/materials/acfacf11/train_matching.csv",
        "train.csv": "https://storage.yandexcloud.net/datasouls-ods/materials/e756bf99/train.csv",
    },
    "rosbank": _by_authors("rosbank-churn", "train.csv.gz", "test.csv.gz"),
    "gender": _by_authors("transactions-gender", "transactions.csv.gz", "gender_train.csv"),
    "age": _by_authors(
        "age-group-prediction", "transactions_train.csv.gz", "transactions_test.csv.gz", "train_target.csv"
    ),
}

Progress = Callable[[str, int, int], None]  # file, bytes here, bytes in all


def fetch(
    name: str, folder: Path, progress: Progress = lambda *_: None, sources: dict[str, str] | None = None
) -> list[Path]:
    """Download and unpack the files of a dataset that are not in ``folder`` yet.

    Args:
        name: a dataset that has sources.
        folder: where the files go.
        progress: told after every block.
        sources: file name to URL, instead of the dataset's own.

    Returns:
        The files, archives unpacked.

    Raises:
        DataError: no such sources, the server refuses, or a file comes short; what came is kept for the next try.
    """
    if name not in SOURCES and sources is None:
        raise DataError(f"{name!r} is not fetched from anywhere; datasets that are: {', '.join(SOURCES)}")
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for file, url in (sources or SOURCES[name]).items():
        target = folder / Path(file.removesuffix(".gz")).with_suffix(".csv")
        if not target.exists():
            archive = folder / file
            if not archive.exists():
                _download(url, archive, progress)
            if archive != target:
                _unpack(archive, target)
        found.append(target)
    return found


def _download(url: str, target: Path, progress: Progress) -> None:
    part = target.with_name(target.name + ".part")
    here = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={here}-"} if here else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            resumed = response.status == 206
            total = int(response.headers["Content-Length"]) + (here if resumed else 0)
            with part.open("ab" if resumed else "wb") as file:
                while block := response.read(_BLOCK):
                    file.write(block)
                    progress(target.name, file.tell(), total)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # the part is whole already
            raise DataError(f"{url}: the server answers {error.code} {error.reason}") from None
        total = here
    except OSError as error:
        raise DataError(f"{url}: {error}; the same command goes on where it stopped") from None
    if part.stat().st_size != total:
        raise DataError(f"{url}: {part.stat().st_size} of {total} bytes came; the same command goes on from there")
    part.rename(target)


def _unpack(archive: Path, target: Path) -> None:
    """Unpack the one CSV of an archive under our own name, whatever path it has inside."""
    try:
        part = target.with_name(target.name + ".part")
        with _opened(archive) as source, part.open("wb") as out:
            shutil.copyfileobj(source, out, _BLOCK)
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        archive.unlink()
        raise DataError(f"{archive.name} is not an archive of one CSV ({error}): removed, fetch it again") from None
    part.rename(target)
    archive.unlink()


@contextmanager
def _opened(archive: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if archive.suffix == ".gz":
        with gzip.open(archive) as source:
            yield source
        return
    with zipfile.ZipFile(archive) as pack:
        (inside,) = [info for info in pack.infolist() if info.filename.endswith(".csv")]
        with pack.open(inside) as source:
            yield source
