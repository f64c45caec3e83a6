"""Adam (Kingma and Ba 2015)."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR

from coles_ops.component import NO_MEMORY
from coles_ops.optimisers.base import OPTIMISERS, Optimiser


@OPTIMISERS.register("adam")
class Adam(Optimiser):
    """Adam, its rate constant, falling by steps, or with a cosine."""

    name: Literal["adam"] = Field("adam", description="Adam.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate.", json_schema_extra=NO_MEMORY)
    weight_decay: float = Field(0.0, ge=0, description="Weight decay.", json_schema_extra=NO_MEMORY)
    schedule: Literal["none", "step", "cosine"] = Field(
        "none", description="Learning-rate schedule.", json_schema_extra=NO_MEMORY
    )
    schedule_step: int = Field(
        1_000, ge=1, description="Optimiser steps between falls of the step schedule.", json_schema_extra=NO_MEMORY
    )
    schedule_gamma: float = Field(0.9025, gt=0, le=1, description="Factor of each fall.", json_schema_extra=NO_MEMORY)

    def build(self, parameters: Iterable[nn.Parameter], steps: int) -> tuple[optim.Optimizer, LRScheduler]:
        """Adam of torch and the schedule."""
        adam = optim.Adam(parameters, lr=self.learning_rate, weight_decay=self.weight_decay)
        if self.schedule == "step":
            return adam, StepLR(adam, self.schedule_step, self.schedule_gamma)
        if self.schedule == "cosine":
            return adam, CosineAnnealingLR(adam, T_max=steps)
        return adam, LambdaLR(adam, lambda _: 1.0)
