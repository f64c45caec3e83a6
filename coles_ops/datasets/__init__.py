"""Raw sources to canonical events and targets, behind one contract."""

from coles_ops.datasets.base import DATASETS, Dataset

__all__ = ["DATASETS", "Dataset"]
