"""The folder of a trial: our own truth, from which a search goes on after a crash.

::

    running.json     what runs here, and ``told``: after how many epochs the scheduler let it go on,
                     and ``shortages``: how often the memory was too small, which decides the parts of a batch
    progress.jsonl   a line for every epoch trained
    state.pt         the state of the last epoch
    encoder.pt       the encoder of the best epoch
    error.json       the trial's own error, where it died of one
    trial.json       how it ended: from here on the files of a running trial count for nothing, and go
    .seal.json       what is there at the end, with sizes and digests

Everything is written whole or not at all, and trial.json before anything is taken away: a process that dies in between
leaves a trial that goes on, or one whose end is tidied up by the next.
"""

import json
import traceback
from pathlib import Path
from typing import Any

from coles_ops.artefacts import SEAL, seal, write_json, write_text
from coles_ops.config import Training

METRIC = "probe_roc_auc"

Line = dict[str, Any]


def write_running(folder: Path, spec: Training, parameters: int, told: int, shortages: int = 0) -> None:
    """Note what runs here, that it was let go on after ``told`` epochs, and how often the memory was too small."""
    running = {"training": spec.model_dump(), "parameters": parameters, "told": told, "shortages": shortages}
    write_json(folder / "running.json", running)


def read_running(folder: Path) -> dict[str, Any] | None:
    """What ``write_running`` noted; None where nothing was begun, or it has ended."""
    file = folder / "running.json"
    return json.loads(file.read_text()) if file.exists() else None


def write_progress(folder: Path, lines: list[Line]) -> None:
    """Write the epochs so far, whole or not at all."""
    write_text(folder / "progress.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def read_progress(folder: Path) -> list[Line]:
    """The epochs so far."""
    file = folder / "progress.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def read_ended(working: Path) -> dict[str, dict[str, Any]]:
    """The trial.json of every trial that ended, by its name."""
    return {file.parent.name: json.loads(file.read_text()) for file in sorted(working.glob("*/trial.json"))}


def settle(working: Path) -> dict[str, dict[str, Any]]:
    """``read_ended``, after tidying up the trials that ended in a process which died before it had done so."""
    for file in working.glob("*/trial.json"):
        if not (file.parent / SEAL).exists():
            tidy_ended(file.parent)
    return read_ended(working)


def told_scores(working: Path) -> dict[str, list[float]]:
    """Trial to the scores of its first epochs: those the scheduler was told and decided on.

    All of a trial that ended; of an interrupted one those after which it was let go on. Its last epoch may not have
    been judged, so it is told to the scheduler that comes next.
    """
    scores = {}
    for folder in sorted(path for path in working.iterdir() if path.is_dir()):
        lines, running = read_progress(folder), read_running(folder)
        told = len(lines) if (folder / "trial.json").exists() else running["told"] if running else 0
        scores[folder.name] = [line[METRIC] for line in lines[:told]]
    return {name: told for name, told in scores.items() if told}


def write_error(folder: Path, error: BaseException) -> None:
    """Note what a trial died of."""
    facts = {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }
    write_json(folder / "error.json", facts)


def read_error(folder: Path) -> dict[str, str] | None:
    """What ``write_error`` noted; None where the trial has no error of its own."""
    file = folder / "error.json"
    return json.loads(file.read_text()) if file.exists() else None


def close_trial(folder: Path, spec: Training, status: str, error: dict[str, str] | None = None) -> None:
    """Write trial.json: the trial's parameters, outcome and cost.

    Args:
        folder: the trial's.
        spec: what was trained.
        status: finished, pruned or failed.
        error: type, message and traceback of why it failed; its progress and encoder then count for nothing.
    """
    if error is None:
        lines = read_progress(folder)
        best = max(lines, key=lambda line: line[METRIC])
        facts = {
            "epochs": len(lines),
            "best_epoch": best["epoch"],
            METRIC: best[METRIC],
            "seconds": sum(line["seconds"] for line in lines),
            "parameters": (read_running(folder) or {})["parameters"],
            "peak_mb": max(line["peak_mb"] for line in lines),
            "micro_batches": max(line.get("micro_batches", 1) for line in lines),
        }
    else:
        facts = {"epochs": 0, "best_epoch": None, METRIC: None, "seconds": None}
    whole = {"trial": folder.name, "training": spec.model_dump(), "status": status, **facts, "error": error}
    write_json(folder / "trial.json", whole)
    tidy_ended(folder)


def tidy_ended(folder: Path) -> None:
    """Take away what only a running trial needs, or a failed one has no use for, and seal the rest."""
    failed = json.loads((folder / "trial.json").read_text())["status"] == "failed"
    for name in ("running.json", "state.pt", "error.json", *(("encoder.pt", "progress.jsonl") if failed else ())):
        (folder / name).unlink(missing_ok=True)
    for partial in folder.glob(".*"):
        if partial.name != SEAL:
            partial.unlink()
    seal(folder)
