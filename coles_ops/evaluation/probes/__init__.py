"""Simple models that predict the label from frozen features: how much of it a representation holds."""

from coles_ops.evaluation.probes.base import PROBES, Fitting, Labelled, Predict, check_probes

__all__ = ["PROBES", "Fitting", "Labelled", "Predict", "check_probes"]
