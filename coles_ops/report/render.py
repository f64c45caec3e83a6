"""One self-contained page: verdict, leaderboard, pictures, what went in."""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from coles_ops.artefacts import code_version, fingerprint, intact, publish_file
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.trial import METRIC
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.validation import Validation
from coles_ops.evaluation.learning import learning_curve
from coles_ops.evaluation.trialboard import build_trialboard
from coles_ops.evaluation.words import outcome
from coles_ops.report import plots, published
from coles_ops.run import Run
from coles_ops.schema import UserError

_PAGE = (Path(__file__).with_name("report.html.j2"), Path(__file__).with_name("style.css"))


def write_report(
    run: Run, validation: Validation, events: Events, trials: Trials, evaluation: Evaluation, again: bool = False
) -> Report:
    """Write the page: no script, no request to anywhere.

    Args:
        run: its configuration and manifest.
        validation: what was found of the raw data.
        events: facts of the store.
        trials: their curves.
        evaluation: predictions, leaderboard and verdict.
        again: also where a page of the same is there.
    """
    code = code_version("coles_ops.report.render")
    made_from = fingerprint(evaluation.leaderboard_file, evaluation.verdict_file, code, *_PAGE)
    report = Report.of(run.path, evaluation.fingerprint)
    if not again and intact(report.path, made_from):
        return report.model_copy(update={"cached": True})
    templates = Environment(loader=PackageLoader("coles_ops.report", "."), autoescape=True, trim_blocks=True)
    page = templates.get_template("report.html.j2")
    with publish_file(report.path, made_from) as new:
        new.write_text(page.render(_facts(run, validation, events, trials, evaluation)))
    return report


def write_report_again(run: Run) -> Report:
    """Write the page of a finished run anew, as the code now does it.

    Raises:
        UserError: the run is not finished.
    """
    evaluation = Evaluation.of(run.path)
    if not evaluation.finished:
        raise UserError(f"{run.id} has no verdict yet: finish it with `coles run`")
    events = Events.among(run.store_folders)
    return write_report(run, Validation.of(run.path), events, Trials.of(run.path), evaluation, again=True)


def _facts(run: Run, validation: Validation, events: Events, trials: Trials, evaluation: Evaluation) -> dict[str, Any]:
    verdict, summary, store = evaluation.verdict(), validation.summary, events.facts
    board, tried = evaluation.leaderboard(), build_trialboard(trials, evaluation, verdict.probe)
    first = board[board.probe == verdict.probe]  # pictures are of it
    dataset = run.config.dataset
    modality = getattr(dataset, "modality", "") if dataset.name == "datafusion2022" else ""
    names, target = first.set_index("representation").name.to_dict(), verdict.target
    outputs, metric = len(target.columns), target.metric
    pictures = {
        "differences": plots.differences(verdict),
        "whiskers": plots.whiskers(first, verdict.winner, metric),
        "by_size": plots.by_size(tried, metric),
        "curves": plots.curves(trials, metric),
        "roc": plots.roc_curves(evaluation, verdict.probe, names) if outputs == 2 else "",
        "calibration": plots.calibration(evaluation, verdict.probe, names, verdict.confidence) if outputs <= 2 else "",
        "learning": plots.learning(learning_curve(evaluation.scored(), verdict.confidence), names, metric),
    }
    return {
        "run": run,
        "manifest": run.manifest,
        "verdict": verdict,
        "outcome": outcome,
        "board": _records(board),
        "tried": _records(tried),
        "plots": {name: Markup(svg) for name, svg in pictures.items()},
        "encoders": _best_by(tried, "encoder", published.ENCODERS.get(modality, {})),
        "samplers": _best_by(tried, "sampler", published.SAMPLERS.get(modality, {})),
        "study": published.STUDY.get(modality),
        "store": store,
        "validation": summary,
        "config": yaml.safe_dump(run.config.model_dump(mode="json"), sort_keys=False),
        "css": Markup(Path(__file__).with_name("style.css").read_text()),
        "truncated": int(first.set_index("representation").truncated_clients[verdict.winner]),
        "span": [f"{pd.Timestamp(t, unit='s'):%Y-%m-%d}" for t in store["time_span"]],
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _best_by(tried: pd.DataFrame, field: str, study: dict[str, float]) -> list[dict[str, Any]]:
    """Of each encoder or sampler the trial that is best on the clients that tune, and the study's figure if any."""
    best = tried[tried[METRIC].notna()].groupby(field, sort=False).head(1)
    return [{**row, "value": row[field], "study": study.get(row[field])} for row in best.to_dict("records")]
