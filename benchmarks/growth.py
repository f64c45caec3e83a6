"""From how many clients without labels, and from how many labels on, encoders overtake what is counted.

``python -m benchmarks.growth`` measures what is not there yet, some 25 minutes of one core, and writes
``benchmarks/results/growth.json`` after every draw of clients, then the section of docs/results.md and its picture.
``--sizes 1000 3000`` measures these sizes alone, ``--only coles`` rows whose name holds this, ``--page`` nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from benchmarks import results
from benchmarks.growth_clients import Crowd, expected
from benchmarks.growth_page import PICTURE, RECORD, read
from benchmarks.growth_points import ENCODERS, ROWS, compared, features_of, predicted
from benchmarks.measure import console, where
from benchmarks.plot import draw_growth
from coles_ops.artefacts import code_version, fingerprint, home, intact, publish, read_json, write_json
from coles_ops.artefacts.evaluation import REPRESENTATION, SEED
from coles_ops.threads import limited_threads
from coles_ops.usage import measure

CROWD = Crowd()
LABELS = (25, 100, 400)  # and all that teach in a fold, 1,600
_DRAWS = 2  # of a size, at most
_STEPS = 800  # of 128 clients, whatever their number: each of 102,400 is seen once


@dataclass(frozen=True)
class Draw:
    """So many clients without labels, and the steps by which encoders are trained on them."""

    clients: int
    number: int = 0  # draws of as many clients have none in common, and start from other weights
    steps: int = _STEPS

    @property
    def size(self) -> str:
        """What its draws have in common: a key of the record."""
        return f"{self.clients} clients, {self.steps} steps"


PLAN = [  # what says most comes first
    *(Draw(clients) for clients in (1_000, 100_000, 10_000, 3_000, 30_000, 300_000)),
    *(Draw(clients, 1) for clients in (1_000, 10_000, 3_000, 30_000)),
    Draw(300_000, steps=2_344),  # each of them once
]


def main() -> int:
    """Always 0: what fails, fails with its traceback, and what is done is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", metavar="CLIENTS", help="measure these sizes alone")
    parser.add_argument("--only", default="", metavar="ROW", help="measure rows whose name holds this")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page from the record there is")
    options = parser.parse_args()
    plan = [draw for draw in PLAN if not options.sizes or draw.clients in options.sizes]
    for place, draw in enumerate([] if options.page else plan, start=1):
        console.print(f"{place} of {len(plan)}: draw {draw.number} of {draw.size}")
        with limited_threads(1):
            measure_draw(CROWD, draw, [row for row in ROWS if options.only in row], LABELS)
        if found := record_of(CROWD, draw, LABELS):
            kept = read().get("sizes", {}) | {draw.size: found}
            about = {"crowd": asdict(CROWD), "knows": {"one": expected(1), "both": expected(2)}, **where()}
            sizes = {size: kept[size] for size in planned() if size in kept}
            write_json(RECORD, about | {"planned": planned(), "sizes": sizes})
    if read():
        draw_growth(read(), PICTURE)
    results.PAGE.path.write_text(results.PAGE.filled(results.PAGE.path.read_text()))
    return 0


def planned() -> dict[str, int]:
    """Draws that there are to be, by size."""
    in_order = sorted(PLAN, key=lambda draw: (draw.clients, draw.steps))
    return dict(Counter(draw.size for draw in in_order))


def measure_draw(crowd: Crowd, draw: Draw, rows: list[str], labels: tuple[int, ...]) -> None:
    """Measure the rows that are not there yet; each is kept as it is done."""
    left = [row for row in rows if not intact(_place(crowd, draw, row, labels))]
    if not left:
        return
    with TemporaryDirectory(prefix="coles-growth-") as folder:
        store = crowd.store(Path(folder) / "made", draw.clients, draw.number)
        for row in left:
            began = time.process_time()
            with measure() as usage:
                features = features_of(row, store, crowd.config, draw.steps, draw.number)
                described = time.process_time()
                table = predicted(features, store, crowd.config, labels)
            seconds = {"describe": described - began, "probe": time.process_time() - described}
            with publish(_place(crowd, draw, row, labels)) as partial:
                table.to_parquet(partial / "predicted.parquet", index=False)
                write_json(partial / "cost.json", seconds | {"peak_mb": usage.peak_mb})
            console.print(f"  {row}: {seconds['describe']:.0f} s and {seconds['probe']:.0f} s, {usage.peak_mb:.0f} MB")


def record_of(crowd: Crowd, draw: Draw, labels: tuple[int, ...]) -> dict[str, Any] | None:
    """What all whole draws of this size found, and what a draw cost; None where there is none."""
    draws = [Draw(draw.clients, number, draw.steps) for number in range(_DRAWS)]
    whole = [each for each in draws if all(_place(crowd, each, row, labels).exists() for row in ROWS)]
    if not whole:
        return None
    found, costs = [], []
    for each in whole:
        for row in ROWS:
            place = _place(crowd, each, row, labels)
            table = pd.read_parquet(place / "predicted.parquet")
            found.append(table.assign(**{REPRESENTATION: row, SEED: each.number}))
            costs.append({"row": row, **read_json(place / "cost.json")})
    cost = pd.DataFrame(costs)
    return {
        "clients": draw.clients,
        "steps": draw.steps,
        "draws": len(whole),
        "seconds": cost.groupby("row")["describe"].mean().round(1).to_dict(),
        "seconds_of_probes": round(float(cost["probe"].mean()), 1),
        "peak_mb": round(float(cost["peak_mb"].max())),
        "labels": compared(pd.concat(found, ignore_index=True)),
    }


def _place(crowd: Crowd, draw: Draw, row: str, labels: tuple[int, ...]) -> Path:
    """Where a row of a draw is kept: by all that it follows from."""
    steps = draw.steps if row in ENCODERS else None
    key = fingerprint(asdict(crowd), draw.clients, draw.number, steps, row, labels, _code())
    return home().store / f"{key}-growth"


@cache
def _code() -> str:
    return code_version("benchmarks.growth_clients", "benchmarks.growth_points")


if __name__ == "__main__":
    sys.exit(main())
