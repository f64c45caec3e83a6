"""Ways to describe a client by a vector: plain aggregates, factors, random and trained encoders."""

from coles_ops.representations.aggregates import Aggregates
from coles_ops.representations.base import REPRESENTATIONS, Featurizer, Representation
from coles_ops.representations.encoders import RandomEncoder, TrainedEncoder, by_encoder, trial_name
from coles_ops.representations.factors import Factored
from coles_ops.representations.permuted import Permuted

__all__ = [
    "REPRESENTATIONS",
    "Aggregates",
    "Factored",
    "Featurizer",
    "Permuted",
    "RandomEncoder",
    "Representation",
    "TrainedEncoder",
    "by_encoder",
    "trial_name",
]
