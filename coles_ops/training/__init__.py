"""Losses, training and embedding."""

from coles_ops.training.checkpoint import load_encoder, save_encoder
from coles_ops.training.embed import embed, write_embeddings
from coles_ops.training.fit import Trainer

__all__ = ["Trainer", "embed", "load_encoder", "save_encoder", "write_embeddings"]
