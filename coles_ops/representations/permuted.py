"""Aggregates whose probes are taught permuted labels: what is found there is no knowledge."""

from __future__ import annotations

from typing import ClassVar

from coles_ops.representations.aggregates import Aggregates
from coles_ops.representations.base import REPRESENTATIONS


@REPRESENTATIONS.register("permuted_labels")
class Permuted(Aggregates):
    """Scores what the protocol and the probes give by themselves: what chance gives."""

    permutes: ClassVar[bool] = True
    curve: ClassVar[bool] = False

    id: str = "permuted_labels"
    name: str = "aggregates, labels permuted"
