"""Ways to describe a client by a vector: plain aggregates, factors, random and trained encoders; or to predict him."""

from coles_ops.representations.aggregates import Aggregates
from coles_ops.representations.base import (
    REPRESENTATIONS,
    Described,
    Featurizer,
    Learnt,
    Predicting,
    Predictor,
    Representation,
    Teachers,
)
from coles_ops.representations.encoders import RandomEncoder, TrainedEncoder, by_encoder, trial_name
from coles_ops.representations.factors import Factored
from coles_ops.representations.permuted import Permuted
from coles_ops.representations.tuned import TunedEncoder

__all__ = [
    "REPRESENTATIONS",
    "Aggregates",
    "Described",
    "Factored",
    "Featurizer",
    "Learnt",
    "Permuted",
    "Predicting",
    "Predictor",
    "RandomEncoder",
    "Representation",
    "Teachers",
    "TrainedEncoder",
    "TunedEncoder",
    "by_encoder",
    "trial_name",
]
