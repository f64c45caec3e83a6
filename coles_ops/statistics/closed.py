"""Standard errors of scores whose predictions were not kept, by closed forms for independent clients."""

import numpy as np


def auc_error(auc: float, positives: int, negatives: int) -> float:
    """Of a ROC-AUC (Hanley and McNeil 1982)."""
    two_positives, two_negatives = auc / (2 - auc), 2 * auc**2 / (1 + auc)  # ahead of, and behind, the same other one
    pairs = (positives - 1) * (two_positives - auc**2) + (negatives - 1) * (two_negatives - auc**2)
    return float(np.sqrt((auc * (1 - auc) + pairs) / (positives * negatives)))


def r2_error(r2: float, clients: int) -> float:
    """Of an R2 (Olkin and Finn 1995), and no less than that of one which knows nothing."""
    known = max(r2, 0.0)
    return float(np.sqrt(4 * known * (1 - known) ** 2 / clients + 2 / (clients - 1) ** 2))
