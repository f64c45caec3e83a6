"""Sub-sequence samplers, vectorised over clients and slices."""

from coles_ops.samplers.base import SAMPLERS, Histories, Slices, sample

__all__ = ["SAMPLERS", "Histories", "Slices", "sample"]
