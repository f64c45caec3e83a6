"""Representations that are counted or factorised and not trained: cheap, and with few labels hard to beat."""

from coles_ops.factors.base import Describe, Factor

__all__ = ["Describe", "Factor"]
