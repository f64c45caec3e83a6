"""What runs wrote, as docs/results.md shows it: a record a run, and the tables made of the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks import growth_page
from benchmarks.jobs import Record, Records, table
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.verdict import Compared
from coles_ops.evaluation.lines import Line, lines
from coles_ops.evaluation.rows import RANDOM
from coles_ops.evaluation.words import family_name, signed
from coles_ops.representations import TrainedEncoder
from coles_ops.run import Run


def record_of(run: Run) -> Record:
    """What a finished run found and what it cost."""
    evaluation, trials = Evaluation.of(run.path), Trials.of(run.path)
    verdict, stages = evaluation.verdict(), run.manifest["stages"].values()
    spent: dict[str, float] = {}  # seconds of training of all finalists of an objective
    for spec, found in trials.finalists().items():
        for trial in found:
            family = TrainedEncoder.of(trials, trial, spec).family
            spent[family] = spent.get(family, 0.0) + (trial.seconds or 0.0)
    spent["all"] = sum(spent.values())
    return {
        "protocol": verdict.protocol,
        "probe": verdict.probe,
        "metric": verdict.metric,
        "clients": verdict.n_clients,
        "seeds": verdict.n_seeds,
        "seconds": sum(stage["seconds"] for stage in stages),
        "peak_mb": max(stage["peak_mb"] for stage in stages),
        "sentences": verdict.sentences,
        "rows": [_row(line, spent) for line in lines(evaluation.leaderboard(), verdict)],
        "compared": [_compared(row) for row in verdict.compared],
    }


def _row(line: Line, spent: dict[str, float]) -> Record:
    family = line.figures["family"]
    trained = 0.0 if line.row == RANDOM else spent.get(family, 0.0)
    parts = (trained, line.figures["embed_seconds"], line.figures["evaluate_seconds"])
    return {
        "row": line.row,
        "family": family,
        "added": line.added,
        "name": line.name,
        "score": line.score,
        "difference": line.told.difference if line.told else None,
        "interval": line.told.interval if line.told else None,
        "features": line.figures["n_features"],
        "seconds": sum(parts),
    }


def _compared(row: Compared) -> Record:
    return row.model_dump(mode="json", include={"representation", "candidate", "outcome", "detectable", "labels", "p"})


def section(name: str, records: Records) -> str:
    """What stands under a mark of the page."""
    if name == "growth":
        return growth_page.section(growth_page.read())
    if name == "seeds":
        return _by_seed(_of(name, records))
    if name.startswith("summary_"):
        return _summary(_of(name.removeprefix("summary_"), records))
    return "\n".join(_whole(record) for record in _of(name, records))


def _of(name: str, records: Records) -> list[Record]:
    return [record for record in records.values() if record["table"] == name]


def _summary(records: Iterable[Record]) -> str:
    """A line a run: aggregates, and the rows that the verdict compares with them."""
    head = ["data", "clients scored", "aggregates", "best alone", "best addition", "CoLES", "seconds"]
    rows = []
    for record in records:
        at = {row["row"]: row for row in record["rows"]}
        start = [record["title"], f"{record['clients']:,}", f"{at['aggregates']['score']:.3f}"]
        rows.append([*start, *_told(record, _cell), f"{record['seconds']:,.0f}"])
    return table(head, rows, right={1, 2, 6})


def _by_seed(records: Iterable[Record]) -> str:
    """A line a run of other seeds: what the verdict says of it."""
    head = ["", "best alone", "added to the aggregates", "CoLES"]
    return table(head, [[record["title"], *_told(record, _word)] for record in records], right=set())


def _told(record: Record, cell: Callable[[Record, Record], str]) -> list[str]:
    """A cell of each row that the verdict compares with aggregates: the best alone, the best addition, CoLES."""
    at = {row["row"]: row for row in record["rows"]}
    return [cell(at[compared["representation"]], compared) for compared in record["compared"]]


def _word(row: Record, compared: Record) -> str:
    named = "" if row["row"] == "coles" else f"{compared['candidate']} "
    return f"{named}{signed(row['difference'], row['interval'])} {compared['outcome']}"


def _cell(row: Record, compared: Record) -> str:
    named = "" if row["row"] == "coles" else f" ({compared['candidate']})"
    return f"{row['score']:.3f}{named}, {signed(row['difference'], row['interval'])}: **{compared['outcome']}**"


def _whole(record: Record) -> str:
    """All rows of a run."""
    compared = {row["representation"]: row for row in record["compared"]}
    rows = []
    for row in record["rows"]:
        more = compared.get(row["row"], {})
        outcome, least = more.get("outcome", ""), more.get("detectable")
        family = family_name(row["family"])
        name = (
            row["name"] if row["family"] in ("all", "aggregates") else f"aggregates + {family}" * row["added"] or family
        )
        if row["row"] == RANDOM:
            name = "random encoder"
        ahead = "" if row["difference"] is None else signed(row["difference"], row["interval"])
        rows.append(
            [name, f"{row['score']:.3f}", ahead, outcome, f"{least:.3f}" if least else "", f"{row['seconds']:,.0f}"]
        )
    what = f"{record['metric']} by {record['probe']}, {record['clients']:,} clients, {record['seeds']} seeds"
    how = f"{record['protocol']}; the whole run took {record['seconds']:,.0f} s and {record['peak_mb'] / 1024:.1f} GB"
    head = [what, "score", "difference", "outcome", "could have seen", "seconds"]
    return f"### {record['title']}\n\n{table(head, rows, right={1, 4, 5})}\n{how}. `{record['command']}`\n"
