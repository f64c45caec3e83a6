"""One self-contained page: verdict, leaderboard, pictures, what went in."""

import base64
import hashlib
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from coles_ops.artefacts import code_version, fingerprint, intact, publish_file
from coles_ops.artefacts.clientmap import ClientMap
from coles_ops.artefacts.evaluation import REPRESENTATION, Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.trial import METRIC
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.validation import Validation
from coles_ops.config import dotted
from coles_ops.datasets.names import shown_name
from coles_ops.evaluation.learning import learning_curve
from coles_ops.evaluation.lines import columns, lines
from coles_ops.evaluation.rows import AGGREGATES, BEST, COLES
from coles_ops.evaluation.trialboard import build_trialboard
from coles_ops.evaluation.words import difference, outcome, signed
from coles_ops.protocols import Clients
from coles_ops.report import plots, published
from coles_ops.report.columns import columns_giving_away, losses
from coles_ops.report.cost import costs, draw_cost
from coles_ops.report.curves import curves_of, draw_curves
from coles_ops.report.forest import forest
from coles_ops.report.histories import neighbours
from coles_ops.report.mapping import map_clients
from coles_ops.report.maps import draw_maps
from coles_ops.run import Run
from coles_ops.schema import UserError
from coles_ops.store import GIVES_AWAY
from coles_ops.tracking.records import row_records

_PAGE = Path(__file__).with_name("page")


def write_report(
    run: Run, validation: Validation, events: Events, trials: Trials, evaluation: Evaluation, again: bool = False
) -> Report:
    """Write the page, which sends no request to anywhere; of scripts the browser runs none but that which sorts tables.

    Args:
        run: its configuration and manifest.
        validation: what was found of the raw data.
        events: facts of the store.
        trials: their curves.
        evaluation: predictions, leaderboard and verdict.
        again: also where a page of the same is there.
    """
    clients = map_clients(run, events, trials, evaluation)
    code = code_version("coles_ops.report.render")
    made_from = fingerprint(*evaluation.told, run.config.report, clients.fingerprint, code, *sorted(_PAGE.iterdir()))
    report = Report.of(run.path, evaluation.fingerprint)
    if not again and intact(report.path, made_from):
        return report.model_copy(update={"cached": True})
    templates = Environment(loader=PackageLoader("coles_ops.report", _PAGE.name), autoescape=True, trim_blocks=True)
    page = templates.get_template("report.html.j2")
    with publish_file(report.path, made_from) as new:
        new.write_text(page.render(_facts(run, validation, events, trials, evaluation, clients)))
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


def _facts(
    run: Run, validation: Validation, events: Events, trials: Trials, evaluation: Evaluation, clients: ClientMap
) -> dict[str, Any]:
    verdict, summary, store = evaluation.verdict(), validation.summary, events.facts
    board, tried = evaluation.leaderboard(), build_trialboard(trials, evaluation, verdict.probe)
    found, script = lines(board, verdict), (_PAGE / "sort.js").read_text()
    dataset = run.config.dataset
    modality = getattr(dataset, "modality", "") if dataset.name == "datafusion2022" else ""
    winner = trials.folder(verdict.trial).record()
    assert winner is not None, "a trial without an end has won"
    read = winner.training.built_encoder(events.store.schema).reads(events.store.schema)
    names = {line.row: line.name for line in found}
    drawn = {row: names[row] for row in (AGGREGATES, BEST, COLES) if row in names}
    fewer = evaluation.scored_beside([probe.name for probe in run.config.evaluation.probes])
    spent = costs(row_records(run, trials, evaluation))
    values = run.config.model_dump(mode="json")
    outputs, metric = len(verdict.target.columns), verdict.target.metric
    pictures = {
        "by_size": plots.by_size(tried, verdict.target, _tuning_labels(run, events), verdict.confidence),
        "roc": plots.roc_curves(evaluation, verdict.probe, drawn) if outputs == 2 else "",
        "calibration": plots.calibration(evaluation, verdict.probe, drawn, verdict.confidence) if outputs <= 2 else "",
        "cost": draw_cost(spent, metric.title),
        "learning": plots.learning(learning_curve(fewer, verdict.confidence), names, metric),
    }
    return {
        "run": run,
        "manifest": run.manifest,
        "code": run.manifest.get("code") or {"version": run.manifest["versions"]["coles"]},
        "seeds": {key: value for key, value in dotted(values).items() if key.rpartition(".")[2] == "seed"},
        "costs": _records(spent),
        "quarantine": validation.quarantine if validation.quarantine.exists() else None,
        "verdict": verdict,
        "outcome": outcome,
        "difference": difference,
        "forest": forest(verdict),
        "families": [(name, list(group)) for name, group in groupby(found, lambda line: line.family)],
        "named": {row.representation for row in verdict.compared},
        "columns": columns(verdict),
        "all_columns": columns(verdict, brief=False),
        "board": _records(board),
        "tried": _records(tried),
        "plots": {name: Markup(svg) for name, svg in pictures.items()},
        "given_away": columns_giving_away(events, winner.training),
        "gives_away": GIVES_AWAY,
        "losses": losses(evaluation.shuffled()),
        "signed": signed,
        "mapped": len(clients.points),
        "maps": [Markup(svg) for svg in draw_maps(clients, events.store)],
        "neighbours": neighbours(events, clients, [*read.categories, *read.amounts])
        if run.config.report.histories
        else [],
        "curves": [Markup(svg) for svg in draw_curves(curves_of(trials), metric.title)],
        "encoders": _best_by(tried, "encoder", published.ENCODERS.get(modality, {})),
        "samplers": _best_by(tried, "sampler", published.SAMPLERS.get(modality, {})),
        "study": published.STUDY.get(modality),
        "store": store,
        "shown": shown_name,
        "validation": summary,
        "config": yaml.safe_dump(values, sort_keys=False),
        "css": Markup((_PAGE / "style.css").read_text()),
        "script": Markup(script),
        "script_digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "truncated": int(board.set_index(REPRESENTATION).truncated_clients[verdict.trial_row].max()),
        "span": [f"{pd.Timestamp(t, unit='s'):%Y-%m-%d}" for t in store["time_span"]],
    }


def _tuning_labels(run: Run, events: Events) -> np.ndarray:
    """(N,) of the clients by whom trials are compared."""
    clients = Clients.of(events.store)
    folds = run.config.evaluation.protocol.tuning_folds(clients)
    return clients.label[np.unique(np.concatenate([fold.test for fold in folds]))]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _best_by(tried: pd.DataFrame, field: str, study: dict[str, float]) -> list[dict[str, Any]]:
    """Of each encoder or sampler the trial that is best on the clients that tune, and the study's figure if any."""
    best = tried[tried[METRIC].notna()].groupby(field, sort=False).head(1)
    return [{**row, "value": row[field], "study": study.get(row[field])} for row in best.to_dict("records")]
