"""Encoders at work: their files, the events they read, and the embeddings of whole histories."""

from coles_ops.embedding.checkpoint import load_encoder, save_encoder
from coles_ops.embedding.embed import count_truncated, device_of, embed

__all__ = ["count_truncated", "device_of", "embed", "load_encoder", "save_encoder"]
