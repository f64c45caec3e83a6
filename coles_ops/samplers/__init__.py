"""Sub-sequence samplers, vectorised over clients and slices."""

from coles_ops.samplers.base import SAMPLERS, Draws, Histories, Sampler, Slices

__all__ = ["SAMPLERS", "Draws", "Histories", "Sampler", "Slices"]
