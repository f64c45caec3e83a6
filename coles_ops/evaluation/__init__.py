"""Probes, scores, intervals, leaderboard and verdict."""

from coles_ops.evaluation.evaluate import evaluate_entries
from coles_ops.evaluation.probes import check_probes

__all__ = ["check_probes", "evaluate_entries"]
