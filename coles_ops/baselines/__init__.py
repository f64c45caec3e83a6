"""What embeddings are compared with."""

from coles_ops.baselines.base import BASELINES

__all__ = ["BASELINES"]
