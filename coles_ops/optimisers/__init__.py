"""Optimisers of the weights, with their learning-rate schedules."""

from coles_ops.optimisers.base import OPTIMISERS, Optimiser

__all__ = ["OPTIMISERS", "Optimiser"]
