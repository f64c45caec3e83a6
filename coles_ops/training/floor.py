"""Trainings too short to judge an encoder by: their scores are those of its initial weights, and luck."""

from coles_ops.artefacts.trial import TrialRecord


def too_short(trial: TrialRecord, least: int) -> str | None:
    """Why a training is no ground for a verdict and how long it should be; None where it is long enough.

    Args:
        trial: one that came to its end.
        least: optimiser steps, ``search.min_steps``.
    """
    if trial.steps >= least:
        return None
    seconds = f", about {trial.seconds / trial.steps * least:,.0f} seconds a trial" if trial.seconds else ""
    return (
        f"{trial.trial} was trained for {trial.steps:,} optimiser steps, and below {least:,} (search.min_steps) an "
        f"encoder is little else than its initial weights: set training.steps to {least:,} or more{seconds}"
    )
