"""Raw sources to canonical events and targets, behind one contract."""

from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.catalogue import catalogue

__all__ = ["DATASETS", "Dataset", "catalogue"]
