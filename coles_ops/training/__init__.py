"""Training and embedding."""

from coles_ops.training.checkpoint import load_encoder, save_encoder
from coles_ops.training.embed import count_truncated, embed
from coles_ops.training.fit import Trainer

__all__ = ["Trainer", "count_truncated", "embed", "load_encoder", "save_encoder"]
