"""What can go from a home folder: shown first, and removed only if by then it still can."""

import re
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coles_ops.artefacts import home, still_holds
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.litter import Item, discard, litter, size_of
from coles_ops.run import Run, RunBusyError, find_run, list_runs, lock_run
from coles_ops.schema import Outcome

VERDICTS = tuple(str(outcome) for outcome in Outcome)
_SET_ASIDE = re.compile(r".+-[0-9a-f]{8}")


@dataclass(frozen=True)
class Choice:
    """Which runs to remove: those named, and those to which all that is set applies."""

    runs: tuple[str, ...] = ()  # ids, or the starts of ids
    older_than: float | None = None  # seconds since anything of it was written
    verdict: str | None = None  # one of VERDICTS


@dataclass(frozen=True)
class Plan:
    """What would be removed, and in words what is kept for a reason."""

    items: list[Item]  # those of a group together
    kept: list[str]

    def sizes(self) -> list[int]:
        """Bytes of every item."""
        return [size_of(item.path) for item in self.items]


def plan_removal(choice: Choice) -> Plan:
    """Litter, what was set aside, digests of files that are gone, the runs chosen, and store folders of no run.

    Raises:
        UnknownRunError: a run of the choice is not there, or several begin so.
    """
    runs, kept = _chosen(choice)
    used, unknown = in_use(without={run.path for run in runs})
    orphans = [] if unknown else _orphans(used)
    if unknown:
        kept.append(f"all of the store: what {', '.join(unknown)} stands on cannot be read from its manifest")
    return Plan(
        [
            *litter(),
            *(Item("damaged, set aside", path, partial(_remove, path)) for path in _set_aside()),
            *(Item("digests of files that are gone", path, partial(_remove, path)) for path in _stale_digests()),
            *(Item("runs", run.path, partial(_remove_run, run, last_written(run))) for run in runs),
            *(Item("store folders of no run", path, partial(_remove_orphan, path)) for path in orphans),
        ],
        kept,
    )


def in_use(without: Collection[Path] = ()) -> tuple[set[str], list[str]]:
    """Names of the folders of the store that runs stand on, and the ids of runs whose manifest cannot tell.

    Args:
        without: folders of runs to leave out.
    """
    used: set[str] = set()
    unknown = []
    for folder in home().run_folders():
        if folder in without or {path.name for path in folder.glob("*")} <= {".lock"}:
            continue
        try:
            used |= set(Run(folder).manifest["store"])
        except (OSError, TypeError):
            unknown.append(folder.name)
    return used, unknown


def last_written(run: Run) -> float:
    """When a file of a run was written last, in seconds; that somebody looked at it does not count."""
    files = [path for path in run.path.rglob("*") if path.name != ".lock" and not path.is_dir()]
    return max((path.lstat().st_mtime for path in files), default=run.path.stat().st_mtime)


def _chosen(choice: Choice) -> tuple[list[Run], list[str]]:
    """The runs chosen that nobody works on, and in words the others."""
    found = [find_run(name) for name in choice.runs]
    if choice.older_than is not None or choice.verdict is not None:
        found += [run for run in list_runs() if _applies(choice, run) and run not in found]
    free, kept = [], []
    for run in found:
        try:
            with lock_run(run):
                free.append(run)
        except RunBusyError:
            kept.append(f"run {run.id}: it is being worked on")
    return free, kept


def _applies(choice: Choice, run: Run) -> bool:
    old = choice.older_than is None or time.time() - last_written(run) > choice.older_than
    return old and (choice.verdict is None or _verdict(run) == choice.verdict)


def _verdict(run: Run) -> str | None:
    """A name of VERDICTS; None where there is none that can be read."""
    try:
        return str(Evaluation.of(run.path).verdict().outcome)
    except OSError:
        return None


def _remove_run(run: Run, written: float) -> bool:
    """Unless somebody works on it, or has done since it was shown."""
    with suppress(RunBusyError, FileNotFoundError), lock_run(run):
        if last_written(run) == written:
            discard(run.path)
    return not run.path.exists()


def _orphans(used: set[str]) -> list[Path]:
    return [path for path in home().stored() if path.name not in used]


def _remove_orphan(path: Path) -> bool:
    with home().store_lock():
        used, unknown = in_use()
        if not unknown and path.name not in used and path.exists():
            discard(path)
    return not path.exists()


def _set_aside() -> list[Path]:
    """The artefacts below ``damaged/``, each under its own path there."""
    found = [path for path in sorted(home().damaged.rglob("*")) if _SET_ASIDE.fullmatch(path.name)]
    return [path for path in found if not set(path.parents) & set(found)]


def _stale_digests() -> list[Path]:
    return [note for note in sorted(home().digests.glob("[!.]*")) if not still_holds(note)]


def _remove(path: Path) -> bool:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()
