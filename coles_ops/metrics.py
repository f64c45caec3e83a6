"""Scores of predicted probabilities; truth first, prediction second, everywhere.

N clients, K classes. Of two classes, class 1 is the positive one; of more, scores are unweighted means over
the classes.
"""

import numpy as np

_TOP = 0.1  # share of the clients that lift is measured on


def roc_auc(truth: np.ndarray, proba: np.ndarray) -> float:
    """ROC-AUC of class 1, or the mean over classes against the rest (Mann and Whitney 1947).

    Args:
        truth: (N,) class codes, every class among them.
        proba: (N, K) probabilities.
    """
    classes = [1] if proba.shape[1] == 2 else range(proba.shape[1])
    return float(np.mean([_roc_auc(truth == k, proba[:, k]) for k in classes]))


def scores(truth: np.ndarray, proba: np.ndarray, threshold: np.ndarray | float = 0.5) -> dict[str, float]:
    """Scores of ranks, of probabilities and of decisions, with the base rate beside them.

    Args:
        truth: (N,) class codes, every class among them.
        proba: (N, K) probabilities.
        threshold: one, or (N,), at which class 1 of two is predicted; of more classes the likeliest is.
    """
    classes = [1] if proba.shape[1] == 2 else range(proba.shape[1])
    sides = [(truth == k, proba[:, k]) for k in classes]
    auc = roc_auc(truth, proba)
    predicted = (proba[:, 1] >= threshold).astype(int) if proba.shape[1] == 2 else proba.argmax(axis=1)
    decided = np.mean([_decided(truth == k, predicted == k) for k in classes], axis=0)
    one_hot = truth[:, None] == np.arange(proba.shape[1])  # (N, K)
    tiny = np.finfo(np.float64).eps
    return {
        "roc_auc": auc,
        "gini": 2 * auc - 1,
        "ks": float(np.mean([_ks(*side) for side in sides])),
        "pr_auc": float(np.mean([_average_precision(*side) for side in sides])),
        "lift_10": float(np.mean([_lift(*side) for side in sides])),
        "base_rate": float(np.mean([positive.mean() for positive, _ in sides])),
        "log_loss": float(-np.log(proba[one_hot].clip(tiny, 1)).mean()),
        "brier": float(np.mean([np.square(score - positive).mean() for positive, score in sides])),
        **dict(zip(("f1", "precision", "recall"), map(float, decided), strict=True)),
        "accuracy": float((truth == predicted).mean()),
    }


def best_threshold(truth: np.ndarray, proba: np.ndarray) -> float:
    """The probability of class 1 (N, 2) from which on predicting it gives the best F1; of more classes one half."""
    if proba.shape[1] > 2:
        return 0.5
    order = np.argsort(-proba[:, 1], kind="stable")
    score, found = proba[order, 1], np.cumsum(truth[order] == 1)  # (N,)
    f1 = 2 * found / (np.arange(1, len(score) + 1) + found[-1])
    f1[:-1][score[:-1] == score[1:]] = 0  # a threshold takes equal ones together
    return float(score[np.argmax(f1)])


def _roc_auc(positive: np.ndarray, score: np.ndarray) -> float:
    others, own = np.sort(score[~positive]), score[positive]
    below = np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")  # a tie is half a win
    return below.sum() / (2 * len(own) * len(others))


def _ks(positive: np.ndarray, score: np.ndarray) -> float:
    """Largest distance between the distributions of the scores of the two sides (Kolmogorov and Smirnov)."""
    at = np.unique(score)
    shares = [np.searchsorted(np.sort(score[side]), at, "right") / side.sum() for side in (positive, ~positive)]
    return float(np.abs(shares[0] - shares[1]).max())


def _average_precision(positive: np.ndarray, score: np.ndarray) -> float:
    """Precision at every score that is there, weighted by the positives who have it."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)  # of those with the same score
    found, taken = np.cumsum(positive[order])[last], np.flatnonzero(last) + 1
    return float((np.diff(found, prepend=0) * found / taken).sum() / found[-1])


def _decided(positive: np.ndarray, predicted: np.ndarray) -> tuple[float, float, float]:
    """F1, precision and recall; 0 where nobody is predicted."""
    right, there, taken = (int(each.sum()) for each in (positive & predicted, positive, predicted))
    return 2 * right / (there + taken), right / max(taken, 1), right / there


def _lift(positive: np.ndarray, score: np.ndarray) -> float:
    """How many times more positives are among the highest tenth than among all; equal scores count by their share."""
    n = max(1, round(_TOP * len(score)))
    edge = np.sort(score)[-n]
    above, at = score > edge, score == edge
    hits = positive[above].sum() + positive[at].mean() * (n - above.sum())
    return float(hits / n / positive.mean())
