"""Runs of all families of representations on real and made-up data, and docs/results.md from what they wrote.

``python -m benchmarks.results`` runs what is not there yet in COLES_HOME, an evening on two cores, and writes the page;
``--only PATTERN`` some of it, ``--page`` only the page from benchmarks/results/runs.json, ``--list`` names the runs.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.tables import PAGE, RUNS, filled, read, record_of
from coles_ops.artefacts import home, write_json
from coles_ops.run import Run

ROOT = Path(__file__).parents[1]
_SHARED = ROOT.parent / "shared" / "data"
_FAMILIES = {  # both objectives on the same encoder, each a finalist, so that both are scored whoever wins
    "training.encoder.readout": "mean",
    "training.optimiser.learning_rate": "0.008",
    "search.space": "{objective: [contrastive, next_event]}",
    "search.first_round": "null",
    "search.finalists": "2",
}
_MADE_UP = {
    **_FAMILIES,
    "dataset.clients": "2500",
    "dataset.n_events": "250000",
    "training.encoder": "{name: gru, size: 32, readout: mean}",
    "training.sampler": "{name: sample_slices, slices: 3, min: 10, max: 60}",
    "training.steps": "800",
    "training.batch_size": "128",
    "training.probe_every": "100",
    "evaluation.representations": "[counts, topics, rfm]",
}


@dataclass(frozen=True)
class Job:
    """A run: a configuration and what is set in it."""

    name: str
    table: str  # of the page
    title: str
    config: str
    sets: dict[str, str] = field(default_factory=dict)

    def overrides(self) -> Iterator[str]:
        """As ``--set`` takes them."""
        yield from (f"{key}={value}" for key, value in {"name": self.name, **self.sets}.items())

    def command(self) -> list[str]:
        """That of ``coles run``."""
        given = [text for each in self.overrides() for text in ("--set", each)]
        return [sys.executable, "-m", "deployments.cli", "run", self.config, *given]

    @property
    def shown(self) -> str:
        """For the page: how to make it again."""
        return f"python -m benchmarks.results --only '^{self.name}$'"


def _journey(name: str, title: str, target: str) -> Job:
    return Job(name, "real", title, "completejourney", {"dataset.target": target, **_FAMILIES})


def _made(name: str, modality: str, label_by: str, title: str) -> Job:
    sets = {**_MADE_UP, "dataset.modality": modality, "dataset.label_by": label_by}
    return Job(name, "planted", title, "synthetic", sets)


JOBS = [
    _journey("children", "Complete Journey, children (settings were chosen on it)", "has_children"),
    _journey("age45", "Complete Journey, age 45 or more (on this, too)", "age_45_plus"),
    _journey("size3", "Complete Journey, three or more in the household", "size_3_plus"),
    _journey("income50", "Complete Journey, income of 50K or more", "income_50k_plus"),
    Job(
        "retail",
        "real",
        "Online Retail, buys on or after 2011-09-01",
        "onlineretail",
        {"dataset.file": str(_SHARED / "online_retail.csv.gz"), **_FAMILIES},
    ),
    Job(
        "alice",
        "real",
        "Alice clicks, which of 20 users",
        "alice",
        {"dataset.file": str(_SHARED / "alice150_clickstream.parquet"), **_FAMILIES},
    ),
    _made("bought_order", "transactions", "[order]", "transactions, the label follows from the order"),
    _made("bought_mix", "transactions", "[mix]", "transactions, from what is bought"),
    _made("clicked_order", "clickstream", "[order]", "clicks, from the order"),
    _made("clicked_mix", "clickstream", "[mix]", "clicks, from what is visited"),
    _made("bought_coin", "transactions", "[]", "transactions, a coin"),
]
TITLES = {job.name: job.title for job in JOBS}


def main() -> int:
    """Exit code 1 where a run failed; the others are on the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="", help="runs whose name holds this regular expression")
    parser.add_argument("--page", action="store_true", help="run nothing: write the page from the records there are")
    parser.add_argument("--list", action="store_true", help="only name the runs")
    options = parser.parse_args()
    jobs = [job for job in JOBS if re.search(options.only, job.name)]
    if options.list:
        print("\n".join(f"{job.name:16} {job.title}" for job in jobs))
        return 0
    failed = 0 if options.page else sum([not _run(job) for job in jobs])
    PAGE.write_text(filled(PAGE.read_text(), read(), TITLES))
    return int(failed > 0)


def _run(job: Job) -> bool:
    """Run what is not there yet and keep its record; returns whether it came to its end."""
    code = subprocess.call(job.command(), cwd=ROOT, env=os.environ | {"RAY_worker_niceness": "0"})
    if code == 0:
        run = max((Run(path) for path in home().runs.glob(f"{job.name}-*")), key=lambda run: run.manifest["created"])
        kept = read() | {job.name: {"table": job.table, "title": job.title, "command": job.shown} | record_of(run)}
        write_json(RUNS, {each.name: kept[each.name] for each in JOBS if each.name in kept})
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
