"""One self-contained page: verdict, leaderboard, pictures, what went in."""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from coles_ops.artefacts import Artefact, code_version, fingerprint, intact, publish_file, read_json
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.validation import Validation
from coles_ops.report import plots, published
from coles_ops.run import Run

_PAGE = (Path(__file__).with_name("report.html.j2"), Path(__file__).with_name("style.css"))


def write_report(run: Run, events: Events, trials: Trials, board: Artefact) -> Artefact:
    """Write report.html: no script, no request to anywhere."""
    target = run.path / "report.html"
    made_from = fingerprint(board.path, run.path / "verdict.json", code_version("coles_ops.report.render"), *_PAGE)
    if intact(target, made_from):
        return Artefact(path=target, fingerprint=board.fingerprint, cached=True)
    templates = Environment(loader=PackageLoader("coles_ops.report", "."), autoescape=True, trim_blocks=True)
    page = templates.get_template("report.html.j2")
    with publish_file(target, made_from) as new:
        new.write_text(page.render(_facts(run, events, trials, pd.read_parquet(board.path))))
    return Artefact(path=target, fingerprint=board.fingerprint)


def _facts(run: Run, events: Events, trials: Trials, board: pd.DataFrame) -> dict[str, Any]:
    verdict = read_json(run.path / "verdict.json")
    store = events.facts
    validation = Validation.of(run.path).summary
    dataset = run.config.dataset
    modality = getattr(dataset, "modality", None) if dataset.name == "datafusion2022" else None
    compared = {
        verdict["winner"]: verdict["winner_name"],
        "aggregates": "aggregates",
        "random_encoder": "random encoder",
    }
    pictures = {
        "interval": plots.verdict_interval(verdict),
        "whiskers": plots.whiskers(board, verdict["winner"]),
        "by_size": plots.by_size(board),
        "curves": plots.curves(trials, board),
        "roc": plots.roc_curves(run, compared) if len(validation["labels"]) == 2 else "",
    }
    return {
        "run": run,
        "manifest": run.manifest,
        "verdict": verdict,
        "board": board.astype(object).where(board.notna(), None).to_dict("records"),
        "plots": {name: Markup(svg) for name, svg in pictures.items()},
        "encoders": _best_by(board, "encoder", published.ENCODERS.get(modality, {})),
        "samplers": _best_by(board, "sampler", published.SAMPLERS.get(modality, {})),
        "study": published.STUDY.get(modality),
        "store": store,
        "validation": validation,
        "config": yaml.safe_dump(run.config.model_dump(mode="json"), sort_keys=False),
        "css": Markup(Path(__file__).with_name("style.css").read_text()),
        "truncated": int(board.set_index("entry").truncated_clients[verdict["winner"]]),
        "span": [f"{pd.Timestamp(t, unit='s'):%Y-%m-%d}" for t in store["time_span"]],
    }


def _best_by(board: pd.DataFrame, field: str, study: dict[str, float]) -> list[dict[str, Any]]:
    """Of each encoder or sampler the trial that is best on validation, and the study's figure if there is one."""
    trials = board[(board.kind == "trial") & board.valid_roc_auc.notna()].sort_values("valid_roc_auc")
    best = trials.groupby(field).tail(1).iloc[::-1]
    return [{**row, "value": row[field], "study": study.get(row[field])} for row in best.to_dict("records")]
