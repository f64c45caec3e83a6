"""Download a dataset's files: resumed where they stopped, checked for their size, renamed in when whole."""

import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from coles_ops.schema import DataError

_BLOCK = 1 << 20

SOURCES = {
    "datafusion2022": {
        "transactions.zip": "https://storage.yandexcloud.net/datasouls-ods/materials/0433a4ca/transactions.zip",
        "clickstream.zip": "https://storage.yandexcloud.net/datasouls-ods/materials/0554f0cf/clickstream.zip",
        "train_matching.csv": "https://storage.yandexcloud.net/datasouls-ods/materials/acfacf11/train_matching.csv",
        "train.csv": "https://storage.yandexcloud.net/datasouls-ods/materials/e756bf99/train.csv",
    }
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
        target = folder / Path(file).with_suffix(".csv")
        if not target.exists():
            archive = folder / file
            if not archive.exists():
                _download(url, archive, progress)
            if archive.suffix == ".zip":
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
        with zipfile.ZipFile(archive) as pack:
            (inside,) = [info for info in pack.infolist() if info.filename.endswith(".csv")]
            part = target.with_name(target.name + ".part")
            with pack.open(inside) as source, part.open("wb") as out:
                shutil.copyfileobj(source, out, _BLOCK)
    except (zipfile.BadZipFile, ValueError) as error:
        archive.unlink()
        raise DataError(f"{archive.name} is not an archive of one CSV ({error}): removed, fetch it again") from None
    part.rename(target)
    archive.unlink()
