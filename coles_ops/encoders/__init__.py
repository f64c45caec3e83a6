"""Event encoder and sequence encoders behind one contract."""

from coles_ops.encoders.base import ENCODERS, Events, SequenceEncoder, build_encoder

__all__ = ["ENCODERS", "Events", "SequenceEncoder", "build_encoder"]
