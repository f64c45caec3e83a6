"""The contract of a factor: a representation that is counted or factorised, not trained.

R clients, F features of a client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field

from coles_ops.component import Component
from coles_ops.registry import Registry

if TYPE_CHECKING:
    from coles_ops.features import Features
    from coles_ops.store import EventStore

Describe = Callable[[np.ndarray], "Features"]  # ascending rows (R,) of a store to features (R, F) float32


class Factor(Component):
    """A way to describe clients that needs no training; a model of its options."""

    variant: str | None = Field(
        None,
        pattern=r"^[a-z0-9_]+$",
        description="Tells those of one name apart where there are several: the row is then called <name>-<variant>.",
    )

    @property
    def row(self) -> str:
        """What it is called where its scores are shown."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    def renamed(self, stored: Callable[[str], str]) -> Self:  # noqa: ARG002
        """The same with the columns that it names as the store has them."""
        return self

    def check(self, columns: Sequence[str]) -> None:
        """Raise ValueError where it lacks a column, by the names of all that hold codes."""

    def fit(self, store: EventStore, most: int | None) -> Describe:
        """Learn from clients who train encoders what there is to learn; it describes any client, each by itself.

        Args:
            store: events.
            most: events of a client that are read, the last ones; None reads all.
        """
        raise NotImplementedError


FACTORS: Registry[type[Factor]] = Registry("representation", "coles_ops.factors")
