"""Representations that are counted or factorised and not trained: cheap, and with few labels hard to beat."""

from coles_ops.factors.base import FACTORS, Describe, Factor

__all__ = ["FACTORS", "Describe", "Factor"]
