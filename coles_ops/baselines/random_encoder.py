"""The winner's encoder with the weights it was born with: what the architecture gives without learning."""

import numpy as np

from coles_ops.baselines.base import BASELINES
from coles_ops.config import Config, Training
from coles_ops.encoders import build_encoder
from coles_ops.store import EventStore
from coles_ops.training import embed


@BASELINES.register("random_encoder")
def random_encoder(store: EventStore, config: Config, winner: Training) -> np.ndarray:
    """Embed all clients by the untrained encoder: (C, D)."""
    model = build_encoder(store.schema, winner)
    return embed(model, store, np.arange(len(store.lengths)), config.embedding)
