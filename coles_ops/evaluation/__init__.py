"""Scores, intervals, leaderboard and verdict."""

from coles_ops.evaluation.evaluate import evaluate_entries

__all__ = ["evaluate_entries"]
