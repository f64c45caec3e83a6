"""Weights & Biases runs, written from our own files, and the names they have there."""

from coles_ops.tracking.live import shown_live
from coles_ops.tracking.tracker import is_run_sent, send_run, track_run, untracked

__all__ = ["is_run_sent", "send_run", "shown_live", "track_run", "untracked"]
