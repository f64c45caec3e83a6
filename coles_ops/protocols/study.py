"""The study of 2023 on Data Fusion 2022: its split and its CatBoost; as it should be, and as it was published."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from coles_ops.protocols.base import PROTOCOLS, Clients, Fold, Protocol
from coles_ops.protocols.folds import sampled
from coles_ops.schema import Part

_SCORE, _TUNING = 31, 32  # beside the seed: what is drawn


@PROTOCOLS.register("study")
class Study(Protocol):
    """80 % of the labelled clients train encoders and probes, 20 % are scored once.

    Trials are compared, and trees counted, within the training clients.
    """

    probes: ClassVar[tuple[dict[str, object], ...]] = (
        {"name": "catboost", "trees": 500, "depth": 5, "columns": 1.0, "bins": 254},
    )

    name: Literal["study"] = Field("study", description="The study's split and CatBoost.")
    test: float = Field(0.2, gt=0, lt=1, description="Share of the labelled clients that is scored.")

    def assign(self, clients: Clients) -> np.ndarray:
        """Of groups with a label some are scored, the rest trains."""
        known, group = clients.known, clients.group
        part = np.full(len(known), str(Part.PRETRAIN), dtype=object)
        (there,) = np.nonzero(clients.related)
        scored = sampled(clients.stratum[there], group[there], self.test, [self.seed, _SCORE])
        part[there[scored]] = np.where(known[there[scored]], str(Part.SCORE), str(Part.APART))
        part[there[~scored & known[there]]] = str(Part.TRAIN)
        return part

    def outer_folds(self, clients: Clients) -> list[Fold]:
        """One."""
        return [Fold(0, 0, clients.rows(Part.TRAIN), clients.rows(Part.SCORE))]

    def tuning_folds(self, clients: Clients) -> list[Fold]:
        """Cross-validation of the training clients."""
        return self._cross_validation(clients, clients.rows(Part.TRAIN), self.inner, 1, _TUNING)


@PROTOCOLS.register("study-as-published")
class StudyAsPublished(Study):
    """With two defects of the study's notebooks, to show their size: never a verdict to rely on.

    Trees are as many as are best on the clients that are scored, and precision has its arguments swapped, so that it is
    recall.
    """

    as_published: ClassVar[bool] = True

    name: Literal["study-as-published"] = Field(  # type: ignore[assignment]
        "study-as-published",
        description="With two defects of the study: trees by the test clients, precision swapped.",
    )
