"""Event encoder and sequence encoders behind one contract."""

from coles_ops.encoders.base import ENCODERS, Encoder, Events, SequenceEncoder, build_encoder
from coles_ops.encoders.packing import Packing, pack

__all__ = ["ENCODERS", "Encoder", "Events", "Packing", "SequenceEncoder", "build_encoder", "pack"]
