"""Event encoder and sequence encoders behind one contract."""

from coles_ops.encoders.base import ENCODERS, Encoded, Encoder, Events, SequenceEncoder, State, build_encoder
from coles_ops.encoders.packing import Packing, pack

__all__ = [
    "ENCODERS",
    "Encoded",
    "Encoder",
    "Events",
    "Packing",
    "SequenceEncoder",
    "State",
    "build_encoder",
    "pack",
]
