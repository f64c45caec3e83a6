"""Whether the best encoder beats plain aggregates, with an interval, in one sentence."""

from typing import Any

import numpy as np
import pandas as pd

from coles_ops.artefacts import publish_file, reading, write_json
from coles_ops.config import Evaluation
from coles_ops.evaluation.bootstrap import auc_resamples, interval, resamples
from coles_ops.evaluation.metrics import roc_auc
from coles_ops.run import Run
from coles_ops.schema import LABEL, PART, Part
from coles_ops.store import EventStore

BASELINE = "aggregates"


def pick_winner(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The trial with the best validation ROC-AUC; of equals, the first by id."""
    return max(sorted(rows, key=lambda row: row["entry"]), key=lambda row: row["valid_roc_auc"])


def write_verdict(run: Run, winner: dict[str, Any], store: EventStore) -> None:
    """Compare the winner with the aggregates on the same test clients; writes verdict.json."""
    one, other = (_test_predictions(run, entry) for entry in (winner["entry"], BASELINE))
    classes = [f"p_{k}" for k in range(len(store.schema.classes))]
    truth = one[LABEL].to_numpy()
    compared = compare(truth, one[classes].to_numpy(), other[classes].to_numpy(), run.config.evaluation)
    facts = {
        "sentence": sentence(winner["name"], compared),
        "winner": winner["entry"],
        "winner_name": winner["name"],
        "baseline": BASELINE,
        "metric": "ROC-AUC",
        "protocol": run.config.evaluation.protocol,
        **compared,
    }
    with publish_file(run.path / "verdict.json") as partial:
        write_json(partial, facts)


def _test_predictions(run: Run, entry: str) -> pd.DataFrame:
    with reading(run.path / "evaluation" / entry / "predictions.parquet") as file:
        return pd.read_parquet(file).query(f"{PART} == '{Part.TEST}'")


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
