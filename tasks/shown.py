"""What a person sees of each stage in the Prefect UI, as Markdown."""

import json
from typing import Any

import pandas as pd

from coles_ops import markdown
from coles_ops.artefacts import Artefact
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.report import Report
from coles_ops.artefacts.rows import Rows
from coles_ops.artefacts.split import ClientSplit
from coles_ops.artefacts.trial import METRIC
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.validation import Validation
from coles_ops.evaluation.lines import columns, lines
from coles_ops.evaluation.words import difference
from coles_ops.report import plots
from coles_ops.report.curves import curves_of, draw_curves
from coles_ops.run import Run
from coles_ops.schema import EVENTS, LABEL, PART
from expectations import markdown_summary


def rows(_run: Run, artefact: Rows) -> str:
    """How many rows are used and how many are left out, and why."""
    clients = artefact.clients
    used = f"{clients[EVENTS].sum():,} rows of {len(clients):,} clients are used"
    if (cut := artefact.cut)["events"]:
        used += f"; {cut['events']:,} at or after the cut of {cut['clients']:,} clients are left out"
    reasons = [(f"{n:,}", reason) for reason, n in artefact.reasons.items()]
    return f"{used}\n\n{markdown.table(['rows left out', 'reason'], reasons)}" if reasons else used


def validation(_run: Run, artefact: Validation) -> str:
    """Every expectation with its outcome, and where the validation docs are."""
    docs = artefact.docs / "index.html"
    return f"{markdown_summary(artefact.summary)}\n\nValidation docs: [{markdown.text(docs)}]({docs.as_uri()})"


def split(run: Run, artefact: ClientSplit) -> str:
    """Clients by part, and what is shown of their labels."""
    clients = artefact.clients
    target = run.config.dataset.predicts(clients[LABEL].dropna())
    counts = {part: target.counts(target.encode(own[LABEL])) for part, own in clients.groupby(PART)}
    lacking = clients[clients[LABEL].isna()].groupby(PART).size().rename("(none)")
    return _table(pd.DataFrame(counts).T.join(lacking).fillna({"(none)": 0}).rename_axis(PART).reset_index())


def events(_run: Run, artefact: Events) -> str:
    """What the event store holds."""
    return markdown.code(json.dumps(artefact.facts, indent=2), "json")


def trials(_run: Run, artefact: Trials) -> str:
    """Every trial with its outcome, best first."""
    columns = ["trial", "status", "steps", METRIC, "seconds"]
    found = pd.DataFrame([record.model_dump(mode="json", include=set(columns)) for record in artefact.records()])
    return _table(found[columns].sort_values(METRIC, ascending=False))


def leaderboard(run: Run, artefact: Evaluation) -> str:
    """The verdict and the leaderboard, with the pictures of the report that tell most."""
    verdict = artefact.verdict()
    said = "\n\n".join(f"**{markdown.text(sentence)}**" for sentence in verdict.sentences)
    remarks = "".join(f"- {markdown.text(remark)}\n" for remark in verdict.remarks)
    found = lines(artefact.leaderboard(), verdict)
    scores = columns(verdict)
    rows = (
        (line.name, _cell(line.score), difference(line.told), *(_cell(line.figures[key]) for key in scores))
        for line in found
    )
    table = markdown.table(["representation", verdict.metric, "difference", *scores.values()], rows)
    *losses, probe = draw_curves(curves_of(Trials.of(run.path)), verdict.metric)
    pictures = {
        "differences to plain aggregates": [plots.differences(verdict)],
        "training loss": losses,
        "probe by step": [probe],
    }
    drawn = "\n\n".join(markdown.picture(title, each) for title, found in pictures.items() for each in found)
    return f"{said}\n\n{remarks}\n{table}\n\n{drawn}"


def production(run: Run, artefact: Production) -> str:
    """What was trained on whom, and where the embeddings are."""
    refitted = "trained anew on all clients, so it may score nobody" if run.config.production.refit else "as scored"
    there = artefact.embeddings if run.config.production.embeddings else "not asked for"
    return f"encoder for use: {refitted}\n\nembeddings of all clients: {markdown.text(there)}"


def bundle(_run: Run, artefact: Artefact) -> str:
    """Where the bundle is, and how it is used."""
    return f"`coles embed {artefact.path} --events PATH --out PATH`"


def tracking(_run: Run, artefact: Artefact) -> str:
    """Where the W&B files are."""
    return f"W&B files: {markdown.text(artefact.path if artefact.path.exists() else 'none')}"


def report(run: Run, artefact: Report) -> str:
    """The verdict and where the report is."""
    sentence = markdown.text(Evaluation.of(run.path).verdict().sentence)
    return f"**{sentence}**\n\nReport: [{markdown.text(artefact.path)}]({artefact.path.as_uri()})"


def _table(frame: pd.DataFrame) -> str:
    return markdown.table(frame.columns, (map(_cell, row) for row in frame.itertuples(index=False)))


def _cell(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.4f}" if isinstance(value, float) else str(value)
