"""``python -m chaos``: try the faults, go on with those that a stopped suite has not tried, write the page."""

import argparse
import re
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console

from chaos import disk, page
from chaos.attempt import Outcome, attempt
from chaos.commands import STOPPED
from chaos.faults import FAULTS, Fault
from chaos.job import Job, make

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Exit code 1 where a fault was not survived."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="", help="faults whose name holds this regular expression")
    parser.add_argument("--jobs", type=int, default=1, help="faults tried at a time; each takes two cores")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments")
    parser.add_argument(
        "--write", action="store_true", help="put what was tried into results.json and docs/reliability.md"
    )
    parser.add_argument("--list", action="store_true", help="only name the faults")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "coles-chaos", help="reference and results so far"
    )
    options = parser.parse_args()
    faults = [
        fault for fault in FAULTS if re.search(options.only, fault.name) and (disk.possible() or not fault.small_disk)
    ]
    if options.list:
        console.print("\n".join(fault.name for fault in faults))
        return 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else, started by `&`, its commands would ignore it too
    console.print(f"the reference, in {options.folder} ...")
    job = make(options.folder)
    console.print(f"  took {job.moments.seconds:.0f} s; {len(faults)} faults")
    try:
        outcomes = _try(job, faults, options.seed, options.jobs)
    except KeyboardInterrupt:
        console.print("interrupted; the same command goes on with the faults that are left")
        if options.write:
            page.write(list(_known(job, options.seed).values()), job.moments.seconds)
        return 130
    lost = [outcome for outcome in outcomes if not outcome.survived]
    console.print(f"{len(outcomes)} faults tried, {len(outcomes) - len(lost)} survived")
    if options.write:
        page.write(outcomes, job.moments.seconds)
    return int(bool(lost))


def _try(job: Job, faults: list[Fault], seed: int, jobs: int) -> list[Outcome]:
    """Those that were tried before on this code with this seed, and now the others."""
    names = {fault.name for fault in faults}
    found = {name: outcome for name, outcome in _known(job, seed).items() if name in names}
    with ThreadPoolExecutor(jobs) as pool, _file(job, seed).open("a") as output:
        begun = [pool.submit(attempt, job, fault, seed) for fault in faults if fault.name not in found]
        try:
            for future in as_completed(begun):
                outcome = future.result()
                output.write(outcome.model_dump_json() + "\n")
                output.flush()
                found[outcome.name] = outcome
                _show(outcome)
        except BaseException:
            STOPPED.set()  # what was begun cleans up and ends
            pool.shutdown(cancel_futures=True)
            raise
    return [found[fault.name] for fault in faults]


def _known(job: Job, seed: int) -> dict[str, Outcome]:
    """What was tried so far on this code with this seed."""
    lines = _file(job, seed).read_text().splitlines() if _file(job, seed).exists() else []
    return {outcome.name: outcome for outcome in map(Outcome.model_validate_json, lines)}


def _file(job: Job, seed: int) -> Path:
    return job.folder / f"results-{seed}.jsonl"


def _show(outcome: Outcome) -> None:
    state = "[green]survived[/green]" if outcome.survived else "[red]lost[/red]    "
    told = f"hit in {outcome.hit or 'nothing'}, ended {outcome.ended}, {outcome.again} again, {outcome.seconds:.0f} s"
    console.print(f"{state} {outcome.name}: {told}")
    if outcome.said:
        console.print(f"  it said: {outcome.said}", markup=False)
    for line in outcome.wrong:
        console.print(f"  {line}", markup=False)


if __name__ == "__main__":
    raise SystemExit(main())
