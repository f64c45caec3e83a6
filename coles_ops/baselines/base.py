"""The contract of a baseline."""

from collections.abc import Callable

from coles_ops.config import Config, Training
from coles_ops.registry import Registry
from coles_ops.store import EventStore
from coles_ops.training import Features

Baseline = Callable[[EventStore, Config, Training], Features]  # the third is the winner's

BASELINES: Registry[Baseline] = Registry("baseline", "coles_ops.baselines")
