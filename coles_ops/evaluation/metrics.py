"""Scores of predicted probabilities; truth first, prediction second, everywhere."""

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.preprocessing import label_binarize


def roc_auc(truth: np.ndarray, proba: np.ndarray) -> float:
    """ROC-AUC of class 1, or the mean over classes against the rest.

    Args:
        truth: (N,) class codes.
        proba: (N, K) probabilities.
    """
    if proba.shape[1] == 2:
        return float(roc_auc_score(truth, proba[:, 1]))
    return float(roc_auc_score(truth, proba, multi_class="ovr", average="macro", labels=np.arange(proba.shape[1])))


def scores(truth: np.ndarray, proba: np.ndarray) -> dict[str, float]:
    """Accuracy, F1, precision, recall, ROC-AUC and PR-AUC.

    Of two classes, class 1 is the positive one and the threshold is one half; of more, the likeliest class is
    predicted and scores are unweighted means over the classes.

    Args:
        truth: (N,) class codes.
        proba: (N, K) probabilities.
    """
    binary = proba.shape[1] == 2
    predicted = proba.argmax(axis=1)
    how = {"average": "binary" if binary else "macro", "zero_division": 0}
    onehot = truth if binary else label_binarize(truth, classes=np.arange(proba.shape[1]))
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "f1": float(f1_score(truth, predicted, **how)),
        "precision": float(precision_score(truth, predicted, **how)),
        "recall": float(recall_score(truth, predicted, **how)),
        "roc_auc": roc_auc(truth, proba),
        "pr_auc": float(average_precision_score(onehot, proba[:, 1] if binary else proba)),
    }
