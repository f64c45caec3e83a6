"""The tables of docs/benchmarks.md from benchmarks/results: every figure there was written by a benchmark.

``python -m benchmarks.page`` writes them anew; a test holds the page against the results.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from benchmarks import jobs
from benchmarks.measure import number

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def filled(text: str) -> str:
    """The page made of the results there are."""
    return jobs.filled(text, section)


def section(name: str) -> str:
    """What a benchmark does, its table and where it ran."""
    results = json.loads((RESULTS / f"{name}.json").read_text())
    rows = [_row(line) for line in results]
    versions = ", ".join(f"{package} {version}" for package, version in results[0]["versions"].items())
    head = ["| what | ratio | coles | peer | unit | to reach |", "| --- | ---: | ---: | ---: | --- | --- |"]
    about = (importlib.import_module(f"benchmarks.{name}").__doc__ or "").strip()
    return "\n".join([about, "", *head, *rows, "", f"{results[0]['machine']}; {versions}.", ""])


def _row(line: dict[str, Any]) -> str:
    ratio = f"**{line['ratio']:.1f}x**" if line["ratio"] else ""
    cells = [line["name"], ratio, number(line["ours"]), number(line["peer"]), line["units"], line.get("target", "")]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
