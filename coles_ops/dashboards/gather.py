"""The finished runs of a home folder, by what they can be compared on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from coles_ops.artefacts import DamagedError
from coles_ops.artefacts.evaluation import INNER, Evaluation
from coles_ops.artefacts.trials import Trials
from coles_ops.artefacts.verdict import Verdict
from coles_ops.config import ConfigError, dotted
from coles_ops.run import Run
from coles_ops.tracking import names
from coles_ops.tracking.records import Record, row_records, trial_records

RUN = "run"  # of a table of records: whose each is
_DRAWN = (
    *(names.SCORE, names.LOW, names.HIGH, names.DIFFERENCE, names.COST, names.TUNING, names.SECONDS, INNER),
    *(names.ENCODER, names.SAMPLER, names.SIZE),
)


@dataclass(frozen=True)
class Told:
    """A finished run and its records."""

    run: Run
    verdict: Verdict
    rows: list[Record]  # in the order of the leaderboard
    tried: list[Record]  # the best first

    @property
    def created(self) -> str:
        """ISO 8601."""
        return self.run.manifest["created"]


@dataclass(frozen=True)
class Question:
    """Runs of one name that predict the same by the same protocol: their scores may stand side by side."""

    title: str
    metric: str
    told: list[Told] = field(default_factory=list)  # the newest first

    @property
    def rows(self) -> pd.DataFrame:
        """A line a row and run: dotted configuration, summary, ``name``, ``what`` and RUN."""
        return _table(self.told, [each.rows for each in self.told])

    @property
    def tried(self) -> pd.DataFrame:
        """A line a trial and run, in the same way."""
        return _table(self.told, [each.tried for each in self.told])


@dataclass(frozen=True)
class Found:
    """What there is to show."""

    questions: list[Question]  # that of the newest run first
    unread: dict[str, str]  # finished runs that cannot be shown, and why


def gather(runs: Sequence[Run]) -> Found:
    """Read what finished runs told.

    Args:
        runs: the oldest first.
    """
    found: dict[str, Question] = {}
    unread = {}
    for run in reversed(runs):
        evaluation, trials = Evaluation.of(run.path), Trials.of(run.path)
        if not evaluation.finished:
            continue
        try:
            verdict = evaluation.verdict()
            rows, tried = row_records(run, trials, evaluation), trial_records(run, trials, evaluation)
        except (DamagedError, ConfigError) as error:  # also of a version of coles that wrote other things
            unread[run.id] = str(error).splitlines()[0]
            continue
        except FileNotFoundError as error:
            unread[run.id] = f"{error.filename} is not there: `coles run` makes it anew, or is at it"
            continue
        except KeyError as error:
            unread[run.id] = f"another version of coles wrote its tables: they have no {error}"
            continue
        title = _title(run, verdict)
        question = found.setdefault(title, Question(title, verdict.metric))
        question.told.append(Told(run, verdict, rows, tried))
    return Found(list(found.values()), unread)


def _title(run: Run, verdict: Verdict) -> str:
    """Name, label where the dataset says which, protocol and metric."""
    dataset = run.config.dataset.model_dump(mode="json")
    label = next((str(dataset[key]) for key in ("target", "label") if isinstance(dataset.get(key), str)), "")
    return " · ".join(filter(None, [run.config.name, label, verdict.protocol, verdict.metric]))


def _table(told: Sequence[Told], records: Sequence[Sequence[Record]]) -> pd.DataFrame:
    lines = [
        {**dotted(record.config), **record.summary, names.NAME: record.name, names.WHAT: record.what, RUN: each.run.id}
        for each, own in zip(told, records, strict=True)
        for record in own
    ]
    table = pd.DataFrame(lines)
    return table.reindex(columns=list(dict.fromkeys([*table, *_DRAWN])))  # also of what no record has
