"""Repeated cross-validation of labelled clients, by encoders that saw none of them."""

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from coles_ops.protocols.base import PROTOCOLS, Clients, Fold, Protocol
from coles_ops.protocols.folds import sampled
from coles_ops.schema import Part

_JOIN, _TUNE, _OUTER, _TUNING = 11, 12, 13, 14  # beside the seed: what is drawn


@PROTOCOLS.register("crossfit")
class Crossfit(Protocol):
    """Repeated K-fold over labelled clients, by encoders that saw none of them: the right one for few labels.

    Encoders need no labels, so they are trained once, on clients who are never scored. Every scored client is predicted
    once a repeat, by a probe of the other folds; who is in the tuning share teaches it too.
    """

    name: Literal["crossfit"] = Field("crossfit", description="Repeated, stratified, group-aware K-fold.")
    folds: int = Field(5, ge=2, description="Folds.")
    repeats: int = Field(3, ge=1, description="Times that the clients are dealt to folds anew.")
    tuning: float = Field(
        0.2, gt=0, lt=1, description="Share of the labelled clients that compares trials, and is never scored."
    )
    pretrain: float = Field(
        0.4,
        gt=0,
        lt=1,
        description="Least share of all clients that trains encoders. Where fewer have no label, labelled ones join "
        "them, and are never scored.",
    )

    def assign(self, clients: Clients) -> np.ndarray:
        """Of groups with a label some join the others, some tune, the rest is scored."""
        known, group = clients.known, clients.group
        part = np.full(len(known), str(Part.PRETRAIN), dtype=object)
        (there,) = np.nonzero(clients.related)
        lacking = self.pretrain - (1 - len(there) / len(known))
        if lacking > 0:
            share = lacking * len(known) / len(there)
            there = there[~sampled(clients.stratum[there], group[there], share, [self.seed, _JOIN])]
        part[there] = str(Part.SCORE)
        part[there[sampled(clients.stratum[there], group[there], self.tuning, [self.seed, _TUNE])]] = str(Part.TUNE)
        part[there[~known[there]]] = str(Part.APART)
        return part

    def outer_folds(self, clients: Clients) -> list[Fold]:
        """K folds a repeat; those who tuned are in the training part of each."""
        found = self._cross_validation(clients, clients.rows(Part.SCORE), self.folds, self.repeats, _OUTER)
        tuned = clients.rows(Part.TUNE)
        return [replace(fold, train=np.union1d(fold.train, tuned)) for fold in found]

    def tuning_folds(self, clients: Clients) -> list[Fold]:
        """As many folds as within a fold, over the tuning share."""
        return self._cross_validation(clients, clients.rows(Part.TUNE), self.inner, self.repeats, _TUNING)
