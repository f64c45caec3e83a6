"""Objectives that train an encoder."""

from coles_ops.objectives.base import OBJECTIVES, AfterEvents, Batch, Needs, Objective

__all__ = ["OBJECTIVES", "AfterEvents", "Batch", "Needs", "Objective"]
