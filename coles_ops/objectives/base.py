"""The contract of an objective.

S sub-sequences, D width.
"""

from torch import Tensor

from coles_ops.component import Component
from coles_ops.registry import Registry


class Objective(Component):
    """What training minimises."""

    def loss(self, embeddings: Tensor, clients: Tensor) -> Tensor:
        """The loss of a batch, summed: embeddings (S, D), and on the host the client (S,) each comes from."""
        raise NotImplementedError


OBJECTIVES: Registry[type[Objective]] = Registry("objective", "coles_ops.objectives")
