"""Whether the best encoder beats plain aggregates, with an interval, in one sentence."""

from typing import Any

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import PROBE, REPRESENTATION, Verdict
from coles_ops.config import Evaluation
from coles_ops.evaluation.bootstrap import auc_resamples, interval, resamples
from coles_ops.evaluation.leaderboard import truth_and_proba
from coles_ops.evaluation.metrics import roc_auc
from coles_ops.representations.aggregates import Aggregates
from coles_ops.schema import PART, Part


def reach_verdict(predictions: pd.DataFrame, winner: str, winner_name: str, config: Evaluation) -> Verdict:
    """Compare the winner with plain aggregates on the same test clients, by the first probe.

    Args:
        predictions: the long table, or the part of these two.
        winner: picked on validation clients.
        winner_name: as people read it.
        config: probes, resamples, confidence and seed.
    """
    probe, baseline = config.probes[0], Aggregates().id
    test = predictions[(predictions[PART] == str(Part.SCORE)) & (predictions[PROBE] == probe)]
    one, other = (truth_and_proba(test[test[REPRESENTATION] == name]) for name in (winner, baseline))
    compared = compare(one[0], one[1], other[1], config)
    return Verdict(
        sentence=sentence(winner_name, compared),
        winner=winner,
        winner_name=winner_name,
        baseline=baseline,
        probe=probe,
        metric="ROC-AUC",
        protocol=config.protocol.name,
        **compared,
    )


def compare(truth: np.ndarray, winner: np.ndarray, baseline: np.ndarray, config: Evaluation) -> dict[str, Any]:
    """Paired bootstrap of the difference of two ROC-AUCs.

    Args:
        truth: (N,) class codes.
        winner: (N, K) probabilities of the winner.
        baseline: (N, K) probabilities of the baseline for the same clients.
        config: resamples, confidence and seed.

    Returns:
        Both scores, their difference with its interval, the share of resamples in which the winner is ahead, and
        ``better``: true, false, or null where the interval holds zero.
    """
    draws = resamples(truth, config.bootstrap, config.seed)
    differences = auc_resamples(truth, winner, draws) - auc_resamples(truth, baseline, draws)
    low, high = interval(differences, config.confidence)
    winner_test, baseline_test = roc_auc(truth, winner), roc_auc(truth, baseline)
    return {
        "winner_test": winner_test,
        "baseline_test": baseline_test,
        "difference": winner_test - baseline_test,
        "low": low,
        "high": high,
        "p_better": float(np.mean(differences > 0)),
        "n_test": len(truth),
        "confidence": config.confidence,
        "better": True if low > 0 else False if high < 0 else None,
    }


def sentence(name: str, compared: dict[str, Any]) -> str:
    """The verdict as people read it."""
    outcome = {
        True: "better than aggregates",
        False: "worse than aggregates",
        None: "not better than aggregates, as far as these clients can tell",
    }[compared["better"]]
    return (
        f"CoLES ({name}) scored a test ROC-AUC of {compared['winner_test']:.3f} against "
        f"{compared['baseline_test']:.3f} of plain aggregates: {outcome} (difference {compared['difference']:+.3f}, "
        f"{compared['confidence']:.0%} interval {compared['low']:+.3f} to {compared['high']:+.3f}, "
        f"{compared['n_test']} test clients)."
    )
