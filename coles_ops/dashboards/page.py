"""One self-contained page of all finished runs: the views that the workspace has in W&B, without W&B."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from coles_ops import report
from coles_ops.artefacts import write_text
from coles_ops.artefacts.report import Report
from coles_ops.dashboards import pictures, views
from coles_ops.dashboards.gather import RUN, Found, Question
from coles_ops.dashboards.strips import strips
from coles_ops.dashboards.workspace import SEARCHED
from coles_ops.evaluation.compare import ComparisonError, SideBySide, put_side_by_side
from coles_ops.evaluation.lines import INNER
from coles_ops.evaluation.rows import AGGREGATES, BEST, BEST_ADDITION, COLES
from coles_ops.evaluation.words import family_name, signed
from coles_ops.report.cost import draw_cost
from coles_ops.report.curves import Curve, draw_curves
from coles_ops.run import Run
from coles_ops.tracking import names

_STYLE, _SCRIPT = (Path(report.__file__).parent / "page" / name for name in ("style.css", "sort.js"))
_OVER_TIME = (BEST, BEST_ADDITION, COLES, AGGREGATES)


def write_page(found: Found, out: Path) -> Path:
    """Write the page, which sends no request to anywhere; of scripts the browser runs none but that which sorts tables.

    Args:
        found: runs by what they can be compared on.
        out: the file; links to reports of runs below its folder are relative.
    """
    templates = Environment(loader=PackageLoader("coles_ops.dashboards", "."), autoescape=True, trim_blocks=True)
    script = _SCRIPT.read_text()
    facts = {
        "questions": [_facts(question, out.absolute().parent) for question in found.questions],
        "unread": found.unread,
        "views": views,
        "names": names,
        "css": Markup(_STYLE.read_text()),
        "script": Markup(script),
        "script_digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "written": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "family_name": family_name,
        "signed": signed,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, templates.get_template("dashboard.html.j2").render(facts))
    return out


def _facts(question: Question, folder: Path) -> dict[str, Any]:
    rows, tried, metric = question.rows, question.tried, question.metric
    newest = question.told[0]
    shown = {record.what: record.name.partition(":")[0] for record in newest.rows if record.what in _OVER_TIME}
    told_apart = [key for key in (*SEARCHED, names.SEED) if key in tried and tried[key].astype(str).nunique() > 1]
    columns = dict.fromkeys([names.ENCODER, names.SAMPLER, names.SIZE, *told_apart])
    return {
        "question": question,
        "newest": newest,
        "strips": strips(question),
        "search": Markup(pictures.search(tried, SEARCHED, metric)),
        "kinds": Markup(pictures.kinds(tried, (names.ENCODER, names.SAMPLER, names.SIZE), metric)),
        "curves": [Markup(picture) for picture in draw_curves(_trained(question), metric)],
        "cost": Markup(draw_cost(rows[rows[RUN] == newest.run.id], metric)),
        "retrains": Markup(pictures.retrains(rows, shown, metric)),
        "rows": _lines(rows, names.SCORE),
        "tried": _lines(tried, names.TUNING),
        "searched": {key: names.short(key) for key in columns},
        "inner": INNER,
        "against": _against(question),
        "links": {each.run.id: _link(each.run, folder) for each in question.told},
    }


def _trained(question: Question) -> Iterator[Curve]:
    """Every trial, those of older runs faint and behind the others."""
    for age, told in reversed(list(enumerate(question.told))):
        for record in told.tried:
            spec = record.config["training"]
            yield Curve(spec["encoder"]["name"], spec["objective"]["name"], record.history, faint=age > 0)


def _against(question: Question) -> SideBySide | None:
    """The newest run beside the one before; None where they cannot stand so."""
    if len(question.told) < 2:
        return None
    with suppress(ComparisonError):
        return put_side_by_side(question.told[1].run, question.told[0].run)
    return None


def _lines(table: pd.DataFrame, by: str) -> list[dict[str, Any]]:
    """The best first; None for what is not known."""
    table = table.sort_values(by, ascending=False, kind="stable", na_position="last")
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _link(run: Run, folder: Path) -> str:
    """To the run's report, from a page in this folder; empty where there is none."""
    path = Report.of(run.path).path
    if not path.exists():
        return ""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.as_uri()
