"""Training before a date, scoring after it: what was known then predicts what came."""

from __future__ import annotations

import datetime
from typing import Literal

import numpy as np
from pydantic import Field

from coles_ops.protocols.base import PROTOCOLS, Clients, Fold, Protocol
from coles_ops.protocols.folds import sampled
from coles_ops.schema import DataError, Part

_TUNE = 51  # beside the seed: what is drawn


@PROTOCOLS.register("time")
class Time(Protocol):
    """Clients whose label was known before a date train encoders and probes, the others are scored.

    Nothing after the date is learnt from: who has no label trains encoders only where the dataset's cut, from which on
    events are left out, is not after it.
    """

    name: Literal["time"] = Field("time", description="Training before a date, scoring after it.")
    date: datetime.date = Field(description="Labels known from this day on, UTC, are scored.")
    tuning: float = Field(0.2, gt=0, lt=1, description="Share of the labelled clients before it that compares trials.")

    def assign(self, clients: Clients) -> np.ndarray:
        """By the time of the label, a whole group by its latest.

        Raises:
            DataError: a label has no time.
        """
        known, group, time = clients.known, clients.group, clients.time
        if (missing := np.isnat(time[known])).any():
            raise DataError(
                f"{missing.sum():,} labels have no time, by which evaluation.protocol time goes: name their column "
                "(dataset.label_time)"
            )
        day = np.datetime64(self.date)
        later = np.isin(group, group[known & (time >= day)])
        earlier = clients.related & ~later
        part = np.where(time <= day, str(Part.PRETRAIN), str(Part.APART)).astype(object)  # NaT is not before
        part[later] = np.where(known & (time >= day), str(Part.SCORE), str(Part.APART))[later]
        (there,) = np.nonzero(earlier)
        tuned = sampled(clients.stratum[there], group[there], self.tuning, [self.seed, _TUNE])
        part[there[tuned]] = np.where(known[there[tuned]], str(Part.TUNE), str(Part.APART))
        part[there[~tuned & known[there]]] = str(Part.TRAIN)
        return part

    def outer_folds(self, clients: Clients) -> list[Fold]:
        """One."""
        return [Fold(0, 0, clients.rows(Part.TRAIN, Part.TUNE), clients.rows(Part.SCORE))]

    def tuning_folds(self, clients: Clients) -> list[Fold]:
        """One: training clients teach, those of the tuning share are predicted."""
        return [Fold(0, 0, clients.rows(Part.TRAIN), clients.rows(Part.TUNE))]
