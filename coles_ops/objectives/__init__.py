"""Objectives that train an encoder without labels."""

from coles_ops.objectives.base import OBJECTIVES, Objective

__all__ = ["OBJECTIVES", "Objective"]
