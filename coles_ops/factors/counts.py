"""Logarithms of how often each code stands in a client's history: a bag of words.

Salton and Buckley weight words so, "Term-weighting approaches in automatic text retrieval", 1988; that a linear model
of all of them does well is in Junqué de Fortuny, Martens and Provost, "Predictive modeling with big data: is bigger
really better?", 2013.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from coles_ops.factors.base import Describe
from coles_ops.factors.codes import CodeFactor
from coles_ops.listed.base import LISTED

if TYPE_CHECKING:
    from coles_ops.store import EventStore


@LISTED.register("counts")
class Counts(CodeFactor):
    """log1p of the count of every code, sparse.

    Memory: eight bytes for each code that a client has, of the clients it is fitted on or describes at a time.
    """

    name: Literal["counts"] = Field("counts", description="Logarithms of counts of all codes.")

    def fit(self, store: EventStore, most: int | None) -> Describe:
        """Learn which codes are frequent enough."""
        from coles_ops.aggregates.bags import Bags, frequent

        bags = Bags.of(store, self.columns, most)
        codes = frequent(bags.counts(self.sample(store)), self.min_clients)
        return lambda rows: bags.counts(rows)[:, codes].log1p()
