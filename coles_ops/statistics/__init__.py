"""Statistics of out-of-fold predictions: arrays in, figures out. Nothing here knows of stores, encoders or runs."""

from coles_ops.schema import Outcome
from coles_ops.statistics.calibration import Calibration, calibrate
from coles_ops.statistics.combining import combined
from coles_ops.statistics.crossfit import Design, Scored, gain, score
from coles_ops.statistics.estimate import Estimate, estimate
from coles_ops.statistics.gates import Gate, at_chance, learnt
from coles_ops.statistics.metrics import MAE, MSE, R2, ROC_AUC, Components, Metric, UndefinedError
from coles_ops.statistics.outcomes import Comparison, compare, detectable, holm, labels_needed, within
from coles_ops.statistics.selection import best_of_noise, best_r2_of_noise, chance_error, expected_best

__all__ = [
    "MAE",
    "MSE",
    "R2",
    "ROC_AUC",
    "Calibration",
    "Comparison",
    "Components",
    "Design",
    "Estimate",
    "Gate",
    "Metric",
    "Outcome",
    "Scored",
    "UndefinedError",
    "at_chance",
    "best_of_noise",
    "best_r2_of_noise",
    "calibrate",
    "chance_error",
    "combined",
    "compare",
    "detectable",
    "estimate",
    "expected_best",
    "gain",
    "holm",
    "labels_needed",
    "learnt",
    "score",
    "within",
]
