"""Training of encoders."""

from coles_ops.training.fit import Trainer, batches_of, training_rows

__all__ = ["Trainer", "batches_of", "training_rows"]
