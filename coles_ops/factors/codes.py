"""What factors of codes have in common: which columns they read, and of whom they learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field

from coles_ops.factors.base import Factor
from coles_ops.schema import FITS

if TYPE_CHECKING:
    from coles_ops.store import EventStore


class CodeFactor(Factor):
    """A factor of the codes of some columns, fitted on a sample of the clients who train encoders."""

    columns: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Categories, parts of the calendar if named; null for those of the source that do not give clients "
        "away.",
    )
    min_clients: int = Field(5, ge=1, description="Codes that fewer of the clients it is fitted on have are left out.")
    clients: int = Field(20_000, ge=1, description="Clients it is fitted on, at most, of those who train encoders.")
    seed: int = Field(0, ge=0, description="Seed of the choice of these, and of the fit.")

    def renamed(self, stored: Callable[[str], str]) -> Self:
        """The same with the columns as the store has them."""
        return self.model_copy(update={"columns": self.columns and tuple(map(stored, self.columns))})

    def check(self, columns: Sequence[str]) -> None:
        """Raise ValueError where there are no codes, or a column that is named holds none."""
        if not columns:
            raise ValueError(f"{self.name} counts codes, and neither the dataset nor preprocess.calendar has any")
        if unknown := [name for name in self.columns or () if name not in columns]:
            raise ValueError(
                f"{self.name} names {', '.join(unknown)}, which holds no codes; known: {', '.join(columns)}"
            )

    def sample(self, store: EventStore) -> np.ndarray:
        """Ascending rows of the clients it is fitted on: they have events, neither tune nor are scored."""
        there = store.rows(*FITS, min_events=1)
        rng = np.random.default_rng(self.seed)
        return np.sort(rng.choice(there, min(self.clients, len(there)), replace=False))
