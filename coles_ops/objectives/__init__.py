"""Objectives that train an encoder."""

from coles_ops.objectives.base import OBJECTIVES, AfterEvents, Batch, Objective

__all__ = ["OBJECTIVES", "AfterEvents", "Batch", "Objective"]
