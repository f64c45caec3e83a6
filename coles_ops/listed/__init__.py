"""What ``evaluation.representations`` may list, beside the encoders of the search and plain aggregates."""

from coles_ops.listed.base import LISTED, Listed
from coles_ops.listed.tuning import Finetuned, Supervised, Tuning

__all__ = ["LISTED", "Finetuned", "Listed", "Supervised", "Tuning"]
