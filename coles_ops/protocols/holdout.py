"""One fixed split of the labelled clients."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from coles_ops.protocols.base import PROTOCOLS, Clients, Fold, Protocol
from coles_ops.protocols.folds import sampled
from coles_ops.schema import Part

_SCORE, _TUNE = 21, 22  # beside the seed: what is drawn


@PROTOCOLS.register("holdout")
class Holdout(Protocol):
    """Training, tuning and test clients, fixed: the right one for very many labels, since all is fitted once.

    Encoders are trained on the training clients and on those without a label; probes also on those who tuned.
    """

    name: Literal["holdout"] = Field("holdout", description="Fixed training, tuning and test clients.")
    tuning: float = Field(0.2, gt=0, lt=1, description="Share of the labelled clients that compares trials.")
    test: float = Field(0.2, gt=0, lt=1, description="Share of the labelled clients that is scored.")

    @model_validator(mode="after")
    def _some_train(self) -> Holdout:
        if self.tuning + self.test >= 1:
            raise ValueError(f"tuning + test must be below 1, not {self.tuning + self.test:g}: the rest is trained on")
        return self

    def assign(self, clients: Clients) -> np.ndarray:
        """Of groups with a label some are scored, some tune, the rest trains."""
        known, group = clients.known, clients.group
        part = np.full(len(known), str(Part.PRETRAIN), dtype=object)
        (there,) = np.nonzero(clients.related)
        scored = sampled(clients.stratum[there], group[there], self.test, [self.seed, _SCORE])
        part[there[scored]] = str(Part.SCORE)
        there = there[~scored]
        tuned = sampled(clients.stratum[there], group[there], self.tuning / (1 - self.test), [self.seed, _TUNE])
        part[there[tuned]] = str(Part.TUNE)
        part[there[~tuned & known[there]]] = str(Part.TRAIN)
        apart = ~known & np.isin(part, [str(Part.SCORE), str(Part.TUNE)])
        part[apart] = str(Part.APART)
        return part

    def outer_folds(self, clients: Clients) -> list[Fold]:
        """One."""
        return [Fold(0, 0, clients.rows(Part.TRAIN, Part.TUNE), clients.rows(Part.SCORE))]

    def tuning_folds(self, clients: Clients) -> list[Fold]:
        """One: training clients teach, those of the tuning share are predicted."""
        return [Fold(0, 0, clients.rows(Part.TRAIN), clients.rows(Part.TUNE))]
