"""Losses, training and embedding."""

from coles_ops.training.checkpoint import load_encoder, save_encoder
from coles_ops.training.embed import Features, embed, write_features
from coles_ops.training.fit import Trainer

__all__ = ["Features", "Trainer", "embed", "load_encoder", "save_encoder", "write_features"]
