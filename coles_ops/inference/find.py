"""Which bundle a user means."""

from pathlib import Path

from coles_ops.inference.bundle import FACTS, PLACE
from coles_ops.run import find_run, list_runs


def find_bundle(text: str) -> Path:
    """The folder that a path names; else that of a run: by name, by id, or by the start of an id that no other has.

    Of a name it is the newest run that has a bundle, so that who embeds by a schedule goes with those who train by one.

    Raises:
        UnknownRunError: no run, or more than one, is meant.
    """
    if Path(text).exists():
        return Path(text)
    named = [run.path for run in list_runs() if run.id.rpartition("-")[0] == text]
    packed = [folder for folder in named if (folder / PLACE / FACTS).exists()]
    return packed[-1] if packed else find_run(text).path
