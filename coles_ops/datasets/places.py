"""Where files are: a user names them as seen from here, and they may be read by a process that works elsewhere."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from coles_ops.datasets.base import Dataset

OPTIONS = ("events", "targets", "file", "folder")  # of datasets, that name files


def here(place: str) -> str:
    """The place from the root on; ``~`` and ``$VARIABLES`` at its start are put in where files are looked for."""
    return place if place.startswith(("~", "$")) else os.path.abspath(place)


def places(dataset: Dataset) -> dict[str, str]:
    """Overrides by which another process finds the same files."""
    options = dataset.model_dump(mode="json")
    return {f"dataset.{name}": options[name] for name in OPTIONS if options.get(name)}


Pattern = Annotated[str, AfterValidator(here)]
Place = Annotated[Path, AfterValidator(lambda place: Path(here(str(place))))]
