"""Side by side: the stock peer and coles in turn in one process, A B A B, and the ratio of their medians."""

import argparse
import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

_PACKAGES = ("torch", "pytorch-lifestream", "pytorch-lightning", "pyspark", "ray", "numpy")

console = Console(width=120, highlight=False)
Result = dict[str, Any]
Side = Callable[[], Any]


def compare(name: str, ours: Side, peer: Side, rounds: int, work: float, units: str, warm: bool = True) -> Result:
    """Time both sides ``rounds`` times in turn.

    Args:
        name: the line's name.
        ours: one run of coles.
        peer: one run of the peer, on the same data.
        rounds: runs of each; the first of all is preceded by one of each that does not count, if ``warm``.
        work: how much a run does, in ``units``.
        units: of the work, e.g. rows.
        warm: whether a run costs less than what a cold start would distort.

    Returns:
        name, ratio (peer's time by ours), ours and peer (units a second), all times, machine and versions.
    """
    seconds: dict[str, list[float]] = {"peer": [], "ours": []}
    for lap in range(-int(warm), rounds):
        for side, run in (("peer", peer), ("ours", ours)):
            gc.collect()
            started = time.perf_counter()
            run()
            taken = time.perf_counter() - started
            if lap >= 0:
                seconds[side].append(taken)
                console.print(f"  {name}: {side} {taken:.3g} s ({lap + 1} of {rounds})", style="dim")
    medians = {side: statistics.median(times) for side, times in seconds.items()}
    return {
        "name": name,
        "ratio": round(medians["peer"] / medians["ours"], 2),
        "ours": work / medians["ours"],
        "peer": work / medians["peer"],
        "units": f"{units}/s",
        "seconds": seconds,
        **where(),
    }


def alone(name: str, value: float, units: str, target: str, **facts: Any) -> Result:
    """A figure without a peer, beside what it should be."""
    return (
        {"name": name, "ratio": None, "ours": value, "peer": None, "units": units, "target": target} | facts | where()
    )


def where() -> Result:
    """The machine and the versions a figure holds for."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), model)
    memory = psutil.virtual_memory().total / 2**30
    return {
        "machine": f"{os.cpu_count()} cores {model}, {memory:.0f} GiB, Python {platform.python_version()}",
        "versions": {package: version(package) for package in _PACKAGES},
    }


def main(description: str, run: Callable[[bool], list[Result]]) -> None:
    """The command line of a benchmark: run it, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small data, one round: minutes become seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    options = parser.parse_args()
    results = run(options.quick)
    console.print(table(results))
    console.print(where()["machine"], style="dim")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def table(results: list[Result]) -> Table:
    """Ratio first: what the reader came for."""
    drawn = Table("what", "ratio", "coles", "peer", "units", box=None, header_style="bold")
    for line in results:
        ratio = f"{line['ratio']:.1f}x" if line["ratio"] else line.get("target", "")
        drawn.add_row(line["name"], ratio, _number(line["ours"]), _number(line["peer"]), line["units"])
    return drawn


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
