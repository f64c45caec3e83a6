"""The study of 2023 made again on made-up clients, as it should be and as it was published: docs/study.md.

``python -m benchmarks.study`` runs what is not there yet in COLES_HOME, half an hour of one core, and writes the page;
``--only PATTERN`` some of it, ``--page`` only the page from benchmarks/results/study.json, ``--list`` names the runs.
All of the study's encoders, samplers and sizes are trained, each with each.
"""

from __future__ import annotations

import sys

from benchmarks.jobs import ROOT, Job, Page
from benchmarks.study_plot import draw
from benchmarks.study_records import record_of
from benchmarks.study_tables import section
from coles_ops.artefacts import home, publish
from coles_ops.generator import generate
from coles_ops.report import published

_CLIENTS, _EVENTS = 12_000, 960_000
_FOLDER = home().raw / f"study-{_CLIENTS}-{_EVENTS}"  # one folder for all runs: the same clients buy and click
_SIZES, _CELLS, _SAMPLERS = (
    list(of["transactions"]) for of in (published.SIZES, published.ENCODERS, published.SAMPLERS)
)
_ENCODERS = [f"{{name: {cell}, size: {size}}}" for cell in _CELLS for size in _SIZES]
_SETS = {
    "dataset.name": "synthetic",
    "dataset.folder": str(_FOLDER),
    "dataset.clients": str(_CLIENTS),
    "dataset.n_events": str(_EVENTS),
    "training.sampler": "{name: sample_slices, slices: 3, min: 10, max: 30}",
    "training.optimiser.learning_rate": "0.008",
    "training.steps": "150",
    "training.probe_every": "150",
    "training.batch_size": "64",
    "training.min_events": "10",
    "search.space": f"{{encoder: [{', '.join(_ENCODERS)}], sampler: [{', '.join(_SAMPLERS)}]}}",
    "search.first_round": "null",
    "search.finalists": str(len(_ENCODERS) * len(_SAMPLERS)),
    "search.seeds": "1",
    "search.min_steps": "150",
    "evaluation.protocol": "{name: study, inner: 2}",
    "evaluation.probes": "[{name: catboost, trees: 250, learning_rate: 0.06, depth: 5, columns: 1.0, bins: 16}]",
    "evaluation.representations": "[]",
    "evaluation.labels": "[]",
    "production.refit": "false",
    "production.embeddings": "false",
    "tracking.mode": "disabled",
    "resources.cpus": "1",
}


def _job(name: str, title: str, **sets: str) -> Job:
    config = f"datafusion2022_{'clickstream' if name == 'clickstream' else 'transactions'}"
    return Job(f"study_{name}", name, title, config, _SETS | sets)


_JOINED = {
    "dataset.modality": "both",
    "validation.max_null_categories": "0.6",  # a click has no merchant, a purchase no page
}
JOBS = [
    _job("transactions", "transactions"),
    _job("clickstream", "clicks"),
    _job("both", "both, joined", **_JOINED),
]


def _made() -> None:
    """Generate the clients, once."""
    if not _FOLDER.exists():
        with publish(_FOLDER) as partial:
            generate(partial, _CLIENTS, _EVENTS, 0, "both")


PAGE = Page(
    "benchmarks.study",
    ROOT / "docs" / "study.md",
    ROOT / "benchmarks" / "results" / "study.json",
    JOBS,
    record_of,
    section,
    prepare=_made,
    draw=lambda records: draw(records, ROOT / "docs" / "study.svg"),
)

if __name__ == "__main__":
    sys.exit(PAGE.main(__doc__))
