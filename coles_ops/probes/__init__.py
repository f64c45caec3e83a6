"""Simple models that predict the label from frozen features: how much of it a representation holds."""

from coles_ops.probes.base import PROBES, Fitted, Fitting, Labelled, Predict, Probe

__all__ = ["PROBES", "Fitted", "Fitting", "Labelled", "Predict", "Probe"]
