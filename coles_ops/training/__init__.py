"""Training and embedding."""

from coles_ops.training.checkpoint import load_encoder, save_encoder
from coles_ops.training.embed import Features, count_truncated, embed, write_features
from coles_ops.training.fit import Trainer

__all__ = ["Features", "Trainer", "count_truncated", "embed", "load_encoder", "save_encoder", "write_features"]
