"""Ways to describe a client by a vector: plain aggregates, random and trained encoders."""

from coles_ops.representations.base import REPRESENTATIONS, Featurizer, Representation
from coles_ops.representations.encoders import TrainedEncoder, trial_name
from coles_ops.representations.factors import Factored

__all__ = ["REPRESENTATIONS", "Factored", "Featurizer", "Representation", "TrainedEncoder", "trial_name"]
