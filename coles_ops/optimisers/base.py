"""The contract of an optimiser."""

from collections.abc import Iterable

from torch import nn, optim
from torch.optim.lr_scheduler import LRScheduler

from coles_ops.component import Component
from coles_ops.registry import Registry


class Optimiser(Component):
    """How the weights follow their gradients."""

    def build(self, parameters: Iterable[nn.Parameter], steps: int) -> tuple[optim.Optimizer, LRScheduler]:
        """The optimiser and its schedule, which is stepped after each of so many steps of the optimiser."""
        raise NotImplementedError


OPTIMISERS: Registry[type[Optimiser]] = Registry("optimiser", "coles_ops.optimisers")
