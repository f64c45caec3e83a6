"""Two runs side by side: what was set otherwise, and on the same clients, what difference it made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coles_ops.artefacts.evaluation import FOLD, PROBE, REPEAT, REPRESENTATION, SEED, Evaluation
from coles_ops.config import dotted
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.run import Run
from coles_ops.schema import CLIENT, LABEL, UserError
from coles_ops.statistics import Comparison, Estimate, UndefinedError, compare, estimate, gain

_RUNS = ("1:", "2:")  # before the names of their rows
_MACHINE = {"resources", "tracking", "name"}  # settings that change no result, or none that is compared


class ComparisonError(UserError):
    """Two runs that cannot be put side by side: says why."""


@dataclass(frozen=True)
class Pair:
    """A row that both runs have."""

    row: str
    name: str  # in the second run
    one: float
    other: float
    told: Comparison | None  # of the second to the first; None where their clients or folds are not the same


@dataclass(frozen=True)
class SideBySide:
    """What two runs have in common, and what they have not."""

    settings: dict[str, tuple[Any, Any]]  # dotted key to both values, where they are not the same
    pairs: list[Pair]
    metric: str
    unpaired: str  # why no difference can be given; empty where one can


def put_side_by_side(one: Run, other: Run) -> SideBySide:
    """Compare the rows of two evaluated runs, the second with the first, each clearer for being one of several (Holm).

    Of a row that has several seeds in both, and more in one, as many are compared as the other has.

    Raises:
        ComparisonError: one is not evaluated, or they predict different things or by different probes.
        DamagedError: what one has found cannot be read.
    """
    first, second = _evaluation(one), _evaluation(other)
    verdict, later = first.verdict(), second.verdict()
    for what, a, b in (("predict", verdict.target, later.target), ("are judged by", verdict.probe, later.probe)):
        if a != b:
            raise ComparisonError(f"{one.id} and {other.id} {what} different things: {a} and {b}")
    boards = [_by_row(evaluation.leaderboard(), verdict.probe) for evaluation in (first, second)]
    rows = [row for row in boards[0].index if row in boards[1].index]
    tables = [evaluation.scored(*rows, probe=verdict.probe) for evaluation in (first, second)]
    unpaired = _unpaired(*tables)
    told: Sequence[Comparison | None] = [None] * len(rows)
    if not unpaired:
        found = OutOfFold.of(pd.concat(map(_named, _RUNS, _as_many_seeds(*tables))), verdict.probe)

        def gained(row: str) -> Estimate:
            a, b = (
                found.scored(run + row, int(board.candidates[row])) for run, board in zip(_RUNS, boards, strict=True)
            )
            return estimate(gain(b, a))

        try:
            told = compare([gained(row) for row in rows], verdict.delta, verdict.confidence)
        except UndefinedError as error:
            unpaired = str(error)
    key = verdict.target.metric.key
    pairs = [
        Pair(row, boards[1]["name"][row], float(boards[0][key][row]), float(boards[1][key][row]), comparison)
        for row, comparison in zip(rows, told, strict=True)
    ]
    return SideBySide(_differing(one, other), pairs, verdict.metric, unpaired)


def _as_many_seeds(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """The same, without the last seeds of rows that have several in both, and more in one."""
    seeds = pd.DataFrame([table.groupby(REPRESENTATION)[SEED].nunique() for table in tables])  # (2, rows)
    most = seeds.min().where(seeds.min() > 1, seeds.max())
    return [table[table[SEED] < table[REPRESENTATION].map(most)] for table in tables]


def _named(run: str, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{REPRESENTATION: run + table[REPRESENTATION]})


def _evaluation(run: Run) -> Evaluation:
    evaluation = Evaluation.of(run.path)
    if not evaluation.finished:
        raise ComparisonError(f"{run.id} is not evaluated yet: finish it with `coles run`")
    return evaluation


def _by_row(board: pd.DataFrame, probe: str) -> pd.DataFrame:
    return board[board[PROBE] == probe].set_index(REPRESENTATION)


def _unpaired(one: pd.DataFrame, other: pd.DataFrame) -> str:
    """Why clients of both cannot be compared one by one; empty where they can."""
    designs = [_design(table) for table in (one, other)]
    if set(designs[0][CLIENT]) != set(designs[1][CLIENT]):
        return "other clients are scored in each"
    if not designs[0].equals(designs[1]):
        return "the same clients are scored, in other folds or by other labels"
    return ""


def _design(table: pd.DataFrame) -> pd.DataFrame:
    """Who is scored where, by one row and seed."""
    first = table[(table[REPRESENTATION] == table[REPRESENTATION].iloc[0]) & (table[SEED] == table[SEED].min())]
    return first[[REPEAT, FOLD, CLIENT, LABEL]].sort_values([REPEAT, CLIENT], ignore_index=True)


def _differing(one: Run, other: Run) -> dict[str, tuple[Any, Any]]:
    a, b = (dotted(run.config.model_dump(mode="json", exclude=_MACHINE)) for run in (one, other))
    return {key: (a.get(key), b.get(key)) for key in sorted({*a, *b}) if a.get(key) != b.get(key)}
