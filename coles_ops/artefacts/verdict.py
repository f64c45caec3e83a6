"""The verdict as it is kept: which representation to use, whether it adds to plain aggregates, and what CoLES is worth.

What the figures are is said in ``coles_ops.statistics``, how they come about in ``coles_ops.evaluation.verdict``.
"""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict

from coles_ops.schema import Outcome
from coles_ops.targets import AnyTarget


class Difference(BaseModel):
    """How far a row of the long table is ahead of the baseline, on the same clients."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    representation: str  # the row
    family: str
    added: bool  # whether it is the baseline with something added, or something alone
    name: str
    score: float
    difference: float  # positive: ahead of the baseline
    interval: tuple[float, float] | None = None  # by itself; None: none can be given


class Compared(Difference):
    """One of the rows that the verdict is about; what is None cannot be given."""

    candidate: str  # that is the best within the training clients of all folds: what the row is, or adds
    outcome: Outcome = Outcome.UNDECIDED
    small: bool = False  # the difference is below delta beyond doubt, zero or not
    p: float | None = None  # of no difference, two-sided, after Holm
    detectable: float | None = None  # smallest true difference that would have been seen in 80 of 100 such data sets
    labels: int | None = None  # scored labels that make delta detectable; None: no number of them does
    errors: dict[str, float] = {}  # standard error of the difference by part
    freedom: float | None = None  # degrees of freedom

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return math.sqrt(sum(error**2 for error in self.errors.values()))


class Verdict(BaseModel):
    """Rows against plain aggregates; the first compared is the best representation of all families."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentences: list[str]
    remarks: list[str]  # what the sentences rest on
    trial: str  # the best encoder, of all labelled clients: it is packed
    trial_name: str
    trial_row: str  # of its family
    baseline: str
    baseline_score: float
    probe: str
    target: AnyTarget
    protocol: str
    confidence: float
    delta: float
    n_clients: int
    n_groups: int
    n_seeds: int
    n_repeats: int
    compared: list[Compared]  # best representation, best addition, CoLES, as far as they are there
    families: list[Difference]  # of every family, alone and added to the baseline

    @property
    def metric(self) -> str:
        """What scores are of."""
        return self.target.metric.title

    @property
    def sentence(self) -> str:
        """All sentences."""
        return " ".join(self.sentences)

    def of(self, row: str) -> Difference:
        """A row of a family."""
        return next(each for each in self.families if each.representation == row)

    @property
    def outcome(self) -> Outcome:
        """Of the best representation."""
        return self.compared[0].outcome
