"""Training of encoders."""

from coles_ops.training.fit import Trainer

__all__ = ["Trainer"]
