"""Training of encoders."""

from coles_ops.training.fit import Trainer, batches_of, training_rows
from coles_ops.training.floor import too_short

__all__ = ["Trainer", "batches_of", "too_short", "training_rows"]
