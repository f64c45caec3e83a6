"""The winner's encoder with the weights it was born with: what the architecture gives without learning."""

from coles_ops.baselines.base import BASELINES
from coles_ops.config import Config, Training
from coles_ops.encoders import build_encoder
from coles_ops.store import EventStore
from coles_ops.training import Features, embed


@BASELINES.register("random_encoder")
def random_encoder(store: EventStore, config: Config, winner: Training) -> Features:
    """Embed by the untrained encoder: (R, D)."""
    model = build_encoder(store.schema, winner.encoder, winner.seed)
    return lambda rows: embed(model, store, rows, config.embedding)
