"""The contract of a target: how its labels are read and dealt out, what predicts them and how that is scored.

C clients, N of them in a part, P columns of a prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd

    from coles_ops.statistics.metrics import Metric

Predicted = tuple[np.ndarray, np.ndarray]  # labels (N,) and predictions (N, P) of the clients that a model predicted


@dataclass(frozen=True)
class Side:
    """What a single feature may tell: a class from the rest, or a number."""

    name: str | None  # of the class
    values: np.ndarray  # (N,) 1 and 0, or numbers
    measure: str
    score: Callable[[np.ndarray], np.ndarray]  # of features (N, F), whichever way they point: (F,)
    chance: float  # score of a feature that tells nothing
    error: float  # its standard error


class Target(BaseModel):
    """What is predicted of a client. A value, which stores and verdicts hold.

    What kind it is, is asked by what fits models alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    titles: ClassVar[dict[str, str]]  # score to its title, the metric's own first; as ``scores`` gives them
    brief: ClassVar[tuple[str, ...]]  # those that narrow tables show

    kind: str  # classes or number: what model it takes

    @property
    def metric(self) -> Metric:
        """What is compared, and what all is chosen by."""
        raise NotImplementedError

    @property
    def columns(self) -> list[str]:
        """(P,) names of the columns of a prediction."""
        raise NotImplementedError

    def encode(self, texts: pd.Series) -> np.ndarray:
        """Labels (C,) as they are computed with, of labels as datasets give them: text, null where there is none."""
        raise NotImplementedError

    def known(self, labels: np.ndarray) -> np.ndarray:
        """(C,) which clients have a label."""
        raise NotImplementedError

    def text(self, label: float) -> str:
        """One of them as people read it; empty where there is none."""
        raise NotImplementedError

    def strata(self, labels: np.ndarray) -> np.ndarray:
        """(C,) codes of clients that are alike, of whom each part and fold gets its share; -1 without a label."""
        raise NotImplementedError

    def contrasts(self, labels: np.ndarray) -> np.ndarray:
        """What the ranks of a feature are held against, of clients with labels (N,): (N, D)."""
        raise NotImplementedError

    def sides(self, labels: np.ndarray) -> list[Side]:
        """What a feature may tell of clients with labels (N,)."""
        raise NotImplementedError

    def too_few(self, labels: np.ndarray, rows: np.ndarray, least: int, where: str) -> str:
        """Why the labelled clients at ``rows`` (N,) do for nothing, and what to do about it; empty where they do.

        Args:
            labels: (C,) of all.
            rows: of those who would be ``where``.
            least: clients of each class, or clients, that are needed.
            where: in the words of a user.
        """
        raise NotImplementedError

    def constant(self, labels: np.ndarray) -> str:
        """Why these labels (C,) leave nothing to predict; empty where they differ."""
        raise NotImplementedError

    def alone(self, truth: np.ndarray, groups: np.ndarray) -> str:
        """Who is alone among the scored clients, by labels (N,) and codes of groups (N,), so that no interval is."""
        raise NotImplementedError

    def counts(self, labels: np.ndarray) -> dict[str, float]:
        """What a table shows of labels (C,)."""
        raise NotImplementedError

    def score(self, parts: Sequence[Predicted]) -> float:
        """The metric over what several models predicted, each other clients."""
        raise NotImplementedError

    def scores(self, truth: np.ndarray, predicted: np.ndarray, threshold: np.ndarray | float) -> dict[str, float]:
        """All scores of labels (N,) and predictions (N, P).

        Args:
            truth: labels.
            predicted: predictions.
            threshold: (N,) or one, as ``threshold`` found it among those who taught.
        """
        raise NotImplementedError

    def threshold(self, truth: np.ndarray, predicted: np.ndarray) -> float:
        """From which prediction on a client is taken for positive; NaN where nothing is decided."""
        raise NotImplementedError

    def error(self, score: float, labels: np.ndarray) -> float:
        """Standard error of a score over labels (N,), where no prediction is kept: of independent clients."""
        raise NotImplementedError

    def best_of_noise(self, trials: int, labels: np.ndarray) -> tuple[float, float]:
        """What the best of so many trials that know nothing would score on labels (N,), as in ``coles_ops.statistics``.

        Its mean, and what it stays below in 19 of 20 searches.
        """
        raise NotImplementedError
