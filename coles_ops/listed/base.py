"""The contract of what a user lists to be evaluated: a model of its options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from pydantic import Field

from coles_ops.component import Component
from coles_ops.registry import Registry


class Listed(Component):
    """A row that stands beside encoders and aggregates in all that is scored."""

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


LISTED: Registry[type[Listed]] = Registry("representation", "coles_ops.listed", "coles_ops.factors")
