"""The protocol of the method's authors (ptls-experiments)."""

import random
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from coles_ops.protocols.base import PROTOCOLS, Clients, Fold, Protocol
from coles_ops.protocols.folds import fold_numbers
from coles_ops.schema import Part

_FOLDS, _TUNING = 41, 42  # beside the seed: what is drawn


@PROTOCOLS.register("ptls")
class Ptls(Protocol):
    """The last tenth of the shuffled ids is scored, by as many probes as there are folds of the other labelled clients.

    Each probe is fitted without one of the folds, and scores the same clients. Encoders are trained on all others.
    """

    probes: ClassVar[tuple[dict[str, object], ...]] = ({"name": "lightgbm"},)

    name: Literal["ptls"] = Field("ptls", description="The split and the folds of ptls-experiments.")
    test: float = Field(0.1, gt=0, lt=1, description="Share of the labelled clients that is scored.")
    folds: int = Field(5, ge=2, description="Folds of the training clients, one left out by each probe.")

    def assign(self, clients: Clients) -> np.ndarray:
        """Groups with a label by Python's own shuffle, which the authors took."""
        known, group = clients.known, clients.group
        groups = np.unique(group[known]).tolist()
        random.Random(self.seed).shuffle(groups)
        scored = np.isin(group, groups[len(groups) - round(len(groups) * self.test) :])
        part = np.where(known, str(Part.TRAIN), str(Part.PRETRAIN)).astype(object)
        part[scored] = np.where(known[scored], str(Part.SCORE), str(Part.APART))
        return part

    def outer_folds(self, clients: Clients) -> list[Fold]:
        """One a probe; its number is that of a repeat, since all score the same clients."""
        rows, scored = clients.rows(Part.TRAIN), clients.rows(Part.SCORE)
        numbers = fold_numbers(clients.stratum[rows], clients.group[rows], self.folds, [self.seed, _FOLDS])
        return [Fold(k, 0, rows[numbers != k], scored) for k in range(self.folds)]

    def tuning_folds(self, clients: Clients) -> list[Fold]:
        """Cross-validation of the training clients."""
        return self._cross_validation(clients, clients.rows(Part.TRAIN), self.inner, 1, _TUNING)
