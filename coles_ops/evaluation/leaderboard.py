"""The leaderboard: scores of the rows of the long table, beside what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import (
    FOLD,
    INNER,
    PROBE,
    REPEAT,
    REPRESENTATION,
    SEED,
    THRESHOLD,
    RepresentationRecord,
    prediction_columns,
)
from coles_ops.config import Evaluation
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.schema import LABEL
from coles_ops.statistics import Scored, UndefinedError, estimate
from coles_ops.targets import Target

_OF_PROBABILITIES = {"log_loss", "brier"}


@dataclass(frozen=True)
class Row:
    """What is known of a row: of all seeds of it, and of all candidates that it may be in a fold."""

    family: str
    added: bool  # whether it is the aggregates with a candidate added
    name: str
    candidate: str  # that is the best within the training clients of all folds
    seeds: int
    candidates: int  # of which one is chosen in each fold
    n_features: int  # the most
    truncated_clients: int  # the most
    embed_seconds: float
    evaluate_seconds: float

    @classmethod
    def of(cls, family: str, name: str, records: Sequence[RepresentationRecord], candidates: int = 1) -> Self:
        """From the records of what it is made of, and how many candidates there are to choose from."""
        return cls(
            family=family,
            added=False,
            name=name,
            candidate=name,
            seeds=len({record.seed for record in records}),
            candidates=candidates,
            n_features=max(record.n_features for record in records),
            truncated_clients=max(record.truncated_clients for record in records),
            embed_seconds=sum(record.embed_seconds for record in records),
            evaluate_seconds=sum(record.evaluate_seconds for record in records),
        )

    def beside(self, base: Self) -> Self:
        """What is known of it added to the aggregates."""
        return replace(
            self,
            added=True,
            n_features=base.n_features + self.n_features,
            truncated_clients=max(base.truncated_clients, self.truncated_clients),
            embed_seconds=base.embed_seconds + self.embed_seconds,
            evaluate_seconds=base.evaluate_seconds + self.evaluate_seconds,
        )


def build_leaderboard(
    scored: pd.DataFrame, choices: pd.DataFrame, rows: Mapping[str, Row], config: Evaluation, target: Target
) -> pd.DataFrame:
    """A line a row and probe, those of the first probe first, the best of each first.

    Args:
        scored: the long table.
        choices: what was found within the training clients, of the same fits.
        rows: what is known of each.
        config: probes, and confidence of the intervals.
        target: what is predicted.
    """
    fit = [REPRESENTATION, PROBE, SEED, REPEAT, FOLD]
    model = fit if target.metric.by_fold else fit[:-1]  # what is scored at once
    found = choices.set_index(fit)
    lines = []
    for probe in config.probes:
        out_of_fold = OutOfFold.of(scored, probe.name)
        for row, facts in rows.items():
            own = scored[(scored[REPRESENTATION] == row) & (scored[PROBE] == probe.name)]
            own = own.join(found[[INNER, THRESHOLD]], on=fit)
            figures = [
                {INNER: part[INNER].mean()} | target.scores(*truth_and_predictions(part), part[THRESHOLD].to_numpy())
                for _, part in own.groupby(model)
            ]
            if facts.added:  # of ranks: shares of clients, no probabilities
                figures = [each | dict.fromkeys(_OF_PROBABILITIES & each.keys(), np.nan) for each in figures]
            if config.protocol.as_published:  # precision_score(y_pred, y_true)
                figures = [each | {"precision": each["recall"]} for each in figures]
            about = {REPRESENTATION: row} | asdict(facts) | {PROBE: probe.name}
            low, high = interval_of(out_of_fold.scored(row, facts.candidates), config.confidence)
            interval = {f"{target.metric.key}_low": low, f"{target.metric.key}_high": high}
            lines.append(about | pd.DataFrame(figures).mean().to_dict() | interval)
    place = {probe.name: number for number, probe in enumerate(config.probes)}
    board = pd.DataFrame(lines).sort_values(target.metric.key, ascending=False, kind="stable")
    return board.sort_values(PROBE, key=lambda probe: probe.map(place), kind="stable", ignore_index=True)


def truth_and_predictions(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Labels (N,) and predictions (N, P)."""
    return table[LABEL].to_numpy(), table[prediction_columns(table)].to_numpy()


def interval_of(scored: Scored, confidence: float) -> tuple[float | None, float | None]:
    """None where a class is too rare for one."""
    try:
        return estimate(scored).interval(confidence)
    except UndefinedError:
        return None, None
