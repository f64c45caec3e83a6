"""Runs that a page of docs stands on: how each is made, the record that is kept of it, and the page made of records."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from coles_ops.artefacts import fingerprint, home, write_json
from coles_ops.config import CONFIGS, load_config
from coles_ops.run import Run
from deployments.cli.console import overrides_of

ROOT = Path(__file__).parents[1]

Record = dict[str, Any]
Records = Mapping[str, Record]  # by the names of their runs


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

    @property
    def settings(self) -> str:
        """Fingerprint of what is configured, wherever the data lie: a record of other settings is of another run."""
        written = yaml.safe_load((CONFIGS / f"{self.config}.yaml").read_text())
        places = ("dataset.file", "dataset.folder")
        return fingerprint(written, {key: value for key, value in self.sets.items() if key not in places})

    def run(self) -> Run:
        """The run of just this configuration; there is one where the command came to its end."""
        config = load_config(self.config, overrides_of([*self.overrides()]))
        return next(run for run in reversed(runs_of(self.name)) if run.config == config)

    def command(self) -> list[str]:
        """That of ``coles run``."""
        given = [text for each in self.overrides() for text in ("--set", each)]
        return [sys.executable, "-m", "deployments.cli", "run", self.config, *given]


@dataclass(frozen=True)
class Page:
    """A page of docs whose figures were all written by runs."""

    module: str  # whose command line makes it
    path: Path
    kept: Path  # the records, JSON
    jobs: Sequence[Job]
    record_of: Callable[[Run], Record]
    section: Callable[[str, Records], str]  # what stands between ``<!-- NAME -->`` and ``<!-- end -->``
    prepare: Callable[[], object] = lambda: None  # before the first run
    draw: Callable[[Records], object] = lambda _: None  # pictures that stand beside the page

    def main(self, about: str | None) -> int:
        """The command line; exit code 1 where a run failed, the others are on the page."""
        parser = argparse.ArgumentParser(prog=f"python -m {self.module}", description=about)
        parser.add_argument(
            "--only", metavar="PATTERN", default="", help="runs whose name holds this regular expression"
        )
        parser.add_argument("--page", action="store_true", help="run nothing: the page from the records there are")
        parser.add_argument("--list", action="store_true", help="only name the runs")
        options = parser.parse_args()
        jobs = [job for job in self.jobs if re.search(options.only, job.name)]
        if options.list:
            print("\n".join(f"{job.name:28} {job.title}" for job in jobs))
            return 0
        failed = 0
        if not options.page:
            self.prepare()
            failed = sum([not self._run(job) for job in jobs])
        self.path.write_text(self.filled(self.path.read_text()))
        self.draw(self.records())
        return int(failed > 0)

    def records(self) -> dict[str, Record]:
        """Every record, by the name of its run."""
        return json.loads(self.kept.read_text()) if self.kept.exists() else {}

    def filled(self, text: str) -> str:
        """The page with every stretch between marks written anew; it says which runs are lacking, or other ones."""
        records = self.records()
        missing = [job.title for job in self.jobs if job.name not in records]
        other = [
            job.title for job in self.jobs if job.name in records and records[job.name]["settings"] != job.settings
        ]
        lacking = f"Not run yet: {'; '.join(missing)}.\n" if missing else ""
        lacking += f"Run by other settings than today's: {'; '.join(other)}.\n" if other else ""
        return filled(text, lambda name: lacking if name == "lacking" else self.section(name, records))

    def keep(self, job: Job) -> None:
        """Make the record of a job's run anew."""
        again = {"command": f"python -m {self.module} --only '^{job.name}$'"}
        about = {"table": job.table, "title": job.title, "settings": job.settings}
        record = about | again | self.record_of(job.run())
        kept = self.records() | {job.name: record}
        write_json(self.kept, {each.name: kept[each.name] for each in self.jobs if each.name in kept})

    def _run(self, job: Job) -> bool:
        """Run what is not there yet and keep its record; returns whether it came to its end."""
        code = subprocess.call(job.command(), cwd=ROOT, env=os.environ | {"RAY_worker_niceness": "0"})
        if code == 0:
            self.keep(job)
        return code == 0


def runs_of(name: str) -> list[Run]:
    """The runs of a job that are there, the last one last."""
    return sorted((Run(path) for path in home().runs.glob(f"{name}-*")), key=lambda run: run.manifest["created"])


def filled(text: str, section: Callable[[str], str]) -> str:
    """A page with every stretch between ``<!-- NAME -->`` and ``<!-- end -->`` written anew."""
    return re.sub(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", lambda m: m[1] + section(m[2]) + m[3], text, flags=re.DOTALL)


def table(head: list[str], rows: list[list[str]], right: set[int]) -> str:
    """Markdown, the columns of these numbers to the right."""
    rule = ["---:" if number in right else "---" for number in range(len(head))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *rows))
