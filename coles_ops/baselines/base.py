"""The contract of a baseline."""

from collections.abc import Callable

import numpy as np

from coles_ops.config import Config, Training
from coles_ops.registry import Registry
from coles_ops.store import EventStore

# (store, config, winner's spec) to (C, F) float32 features of all clients
Baseline = Callable[[EventStore, Config, Training], np.ndarray]

BASELINES: Registry[Baseline] = Registry("baseline", "coles_ops.baselines")
