"""Objectives that train an encoder."""

from coles_ops.objectives.base import OBJECTIVES, Batch, Objective

__all__ = ["OBJECTIVES", "Batch", "Objective"]
