"""Runs of all families of representations on real and made-up data, and docs/results.md from what they wrote.

``python -m benchmarks.results`` runs what is not there yet in COLES_HOME, an evening on two cores, and writes the page;
``--only PATTERN`` some of it, ``--page`` only the page from benchmarks/results/runs.json, ``--list`` names the runs.
BENCHMARK_DATA is the folder of online_retail.csv.gz and alice150_clickstream.parquet.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.jobs import ROOT, Job, Page
from benchmarks.tables import record_of, section

_DATA = Path(os.environ.get("BENCHMARK_DATA", ROOT.parent / "shared" / "data"))


def _listed(factors: str = "") -> str:
    """All factors, by some options, and the encoders that labels teach."""
    named = ["name: counts", *(f"name: topics, variant: {how}, method: {how}" for how in ("nmf", "lsa", "ppmi"))]
    return f"[{', '.join(f'{{{each}, {factors}}}' for each in named)}, rfm, finetuned, supervised]"


_FAMILIES = {  # both objectives on the same encoder, each a finalist, so that both are scored whoever wins
    "training.encoder.readout": "mean",
    "training.optimiser.learning_rate": "0.008",
    "search.space": "{objective: [contrastive, next_event]}",
    "search.first_round": "null",
    "search.finalists": "2",
}
_ALL = {  # on real data
    **_FAMILIES,
    "search.space": "{objective: [contrastive, next_event, next_window]}",
    "search.finalists": "3",
}
_JOURNEY = {  # the start is worth more than the steps: docs/log.md
    **_ALL,
    "training.encoder": "{name: gru, size: 64, initial: ppmi, leave_out: [store_id], readout: mean}",
    "training.steps": "400",
    "training.probe_every": "50",
    "search.reduction": "3",
    "evaluation.protocol": "crossfit",
    "evaluation.representations": _listed("columns: [product_type]"),
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


def _journey(name: str, title: str, target: str) -> Job:
    return Job(name, "real", title, "completejourney", {"dataset.target": target, **_JOURNEY})


def _made(name: str, modality: str, label_by: str, title: str) -> Job:
    sets = {**_MADE_UP, "dataset.modality": modality, "dataset.label_by": label_by}
    return Job(name, "planted", title, "synthetic", sets)


def _seeded(number: int) -> Job:
    """The main job by other seeds of everything: trainings, probes, and who is dealt to which part and fold."""
    seeds = {"training.seed": 10 * number, "evaluation.protocol.seed": 42 + number, "evaluation.seed": number}
    sets = {key: str(seed) for key, seed in seeds.items()}
    return Job(f"seed{number}", "seeds", f"seed {number}", "completejourney", sets)


JOBS = [
    *(_seeded(number) for number in range(5)),
    _journey("children", "Complete Journey, children (settings were chosen on it)", "has_children"),
    _journey("age45", "Complete Journey, age 45 or more (on this, too)", "age_45_plus"),
    _journey("size3", "Complete Journey, three or more in the household", "size_3_plus"),
    _journey("income50", "Complete Journey, income of 50K or more (looked at once)", "income_50k_plus"),
    Job(
        "retail",
        "real",
        "Online Retail, buys on or after 2011-09-01",
        "onlineretail",
        {
            "dataset.file": str(_DATA / "online_retail.csv.gz"),
            **_ALL,
            "training.encoder.readout": "last",
            "evaluation.representations": _listed(),
        },
    ),
    Job(
        "alice",
        "real",
        "Alice clicks, which of 20 users",
        "alice",
        {"dataset.file": str(_DATA / "alice150_clickstream.parquet"), **_FAMILIES},
    ),
    _made("bought_order", "transactions", "[order]", "transactions, the label follows from the order"),
    _made("bought_mix", "transactions", "[mix]", "transactions, from what is bought"),
    _made("clicked_order", "clickstream", "[order]", "clicks, from the order"),
    _made("clicked_mix", "clickstream", "[mix]", "clicks, from what is visited"),
    _made("bought_coin", "transactions", "[]", "transactions, a coin"),
]
PAGE = Page(
    "benchmarks.results",
    ROOT / "docs" / "results.md",
    ROOT / "benchmarks" / "results" / "runs.json",
    JOBS,
    record_of,
    section,
)

if __name__ == "__main__":
    sys.exit(PAGE.main(__doc__))
