"""Where everything is kept: the only one who knows the places of the home folder, lists them and locks them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """A home folder and the places in it; whoever wants another kind of storage puts it behind this.

    Nothing needs to be there before somebody writes into it.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def runs(self) -> Path:
        """A folder a run."""
        return self.path / "runs"

    @property
    def store(self) -> Path:
        """Artefacts that runs share, by their keys."""
        return self.path / "store"

    @property
    def raw(self) -> Path:
        """Data that was fetched or generated."""
        return self.path / "raw"

    @property
    def damaged(self) -> Path:
        """What was set aside, each under its own path."""
        return self.path / "damaged"

    @property
    def digests(self) -> Path:
        """Digests of large files."""
        return self.path / "digests"

    @property
    def scratch(self) -> Path:
        """Where the temporary folders of processes are."""
        return self.path / "scratch"

    @property
    def java(self) -> Path:
        """The Java that Spark is given where the machine has none."""
        return self.path / "java"

    @property
    def prefect(self) -> Path:
        """Database and logs of a Prefect server of our own."""
        return self.path / "prefect"

    @property
    def looks(self) -> Path:
        """Ledgers of the looks at labels."""
        return self.path / "looks"

    @property
    def dashboard(self) -> Path:
        """The page of all runs."""
        return self.path / "dashboard.html"

    def stored(self) -> list[Path]:
        """The folders of the store."""
        return sorted(self.store.glob("[!.]*/"))

    def run_folders(self) -> list[Path]:
        """The folders of all runs, by name."""
        return sorted(self.runs.glob("*/"))

    def relative(self, path: Path) -> Path:
        """A path as seen from here, where it lies below."""
        return path.relative_to(self.path) if path.is_relative_to(self.path) else path

    @contextmanager
    def store_lock(self) -> Iterator[None]:
        """Keep others from noting, or from removing, what is in use of the store; for moments only."""
        self.store.mkdir(parents=True, exist_ok=True)
        with (self.store / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def home() -> Home:
    """The home of this process: ``COLES_HOME``, or ``.coles`` in the working folder."""
    return Home(Path(os.environ.get("COLES_HOME", ".coles")).absolute())
