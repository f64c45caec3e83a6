"""The tables of docs/reliability.md from the results of the suite; its words are written by hand."""

import json
import re
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.measure import where
from chaos.attempt import Outcome
from chaos.faults import FAULTS

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

Results = dict[str, Any]


def write(outcomes: list[Outcome], seconds: float) -> None:
    """Keep the results in place of older ones of the same faults, and fill the page.

    Args:
        outcomes: of the faults that were tried.
        seconds: what the job takes undisturbed.
    """
    older = json.loads(RESULTS.read_text())["outcomes"] if RESULTS.exists() else []
    found = {line["name"]: line for line in older}
    found |= {outcome.name: outcome.model_dump(exclude_defaults=True) for outcome in outcomes}
    lines = [found[fault.name] for fault in FAULTS if fault.name in found]
    RESULTS.write_text(json.dumps({"seconds": round(seconds), **where(), "outcomes": lines}, indent=1) + "\n")
    PAGE.write_text(filled(PAGE.read_text()))


def filled(text: str) -> str:
    """The page with what stands between its two marks written anew."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else None
    table = render(results) if results else "The suite was not run yet.\n"
    return re.sub(r"(<!-- results -->\n).*?(<!-- end -->)", lambda m: m[1] + table + m[2], text, flags=re.DOTALL)


def render(results: Results) -> str:
    """Counts, a line for every kind of fault, and every fault that was not survived with what was wrong."""
    outcomes = [Outcome.model_validate(line) for line in results["outcomes"]]
    lost = [outcome for outcome in outcomes if not outcome.survived]
    untried = [fault.name for fault in FAULTS if fault.name not in {outcome.name for outcome in outcomes}]
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    days = sorted({outcome.date[:10] for outcome in outcomes})
    versions = ", ".join(f"{package} {version}" for package, version in results["versions"].items())
    lines = [
        f"**{len(outcomes) - len(lost)} of {len(outcomes)} faults survived** ({' and '.join(days)}; in {minutes:.0f} "
        f"minutes, with a job that takes {results['seconds']} s undisturbed).",
        *(["", f"Not tried yet, {len(untried)}: {'; '.join(untried)}."] if untried else []),
        "",
        "| command | fault | in | survived | the command ended with |",
        "| --- | --- | --- | ---: | --- |",
        *(_row(list(group)) for _, group in groupby(sorted(outcomes, key=_kind), key=_kind)),
        "",
        *(f"- **{outcome.name}**: {_plain('; '.join(outcome.wrong))}" for outcome in lost),
        *([""] if lost else []),
        f"{results['machine']}; {versions}.",
    ]
    return "\n".join(lines) + "\n"


def _kind(outcome: Outcome) -> tuple[str, str]:
    return ("run", "launch", "serve").index(outcome.command), outcome.what


def _row(outcomes: list[Outcome]) -> str:
    phases = ", ".join(outcome.phase for outcome in outcomes)
    survived = sum(outcome.survived for outcome in outcomes)
    codes = ", ".join(sorted({_code(outcome.ended) for outcome in outcomes}))
    first = outcomes[0]
    return f"| `coles {first.command}` | {first.what} | {phases} | {survived} of {len(outcomes)} | {codes} |"


def _code(ended: int | None) -> str:
    return "nothing" if ended is None else f"signal {-ended}" if ended < 0 else f"exit code {ended}"


def _plain(text: str) -> str:
    """On one line, without what Markdown would take for its own."""
    return re.sub(r"[|<>`*_\s]+", " ", text)[:400]


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
