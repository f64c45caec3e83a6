"""Probes: how well a simple model predicts the label from frozen features."""

from dataclasses import dataclass

import numpy as np

from coles_ops.config import Evaluation
from coles_ops.evaluation.metrics import roc_auc


@dataclass(frozen=True)
class Labelled:
    """Features and class codes of the clients of one part."""

    features: np.ndarray  # (N, F)
    labels: np.ndarray  # (N,)


def linear_probe(train: Labelled, valid: Labelled) -> float:
    """Validation ROC-AUC of a logistic regression on standardised features; quick enough for every epoch."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
    model.fit(train.features, train.labels)
    return roc_auc(valid.labels, model.predict_proba(valid.features))


def catboost_probe(
    train: Labelled, valid: Labelled, test: np.ndarray, classes: int, config: Evaluation, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit on train, choose the number of trees on valid, and only then look at the test features.

    Args:
        train: what the trees are fitted to.
        valid: stops them early.
        test: (T, F) features.
        classes: number of classes.
        config: iterations, depth, early stopping, seed.
        threads: cores used.

    Returns:
        Probabilities of valid (V, K) and test (T, K).
    """
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        iterations=config.iterations,
        depth=config.depth,
        loss_function="Logloss" if classes == 2 else "MultiClass",
        eval_metric="AUC" if classes == 2 else "MultiClass",
        early_stopping_rounds=config.early_stopping,
        use_best_model=True,
        random_seed=config.seed,
        thread_count=threads,
        allow_writing_files=False,
        verbose=False,
    )
    model.fit(train.features, train.labels, eval_set=(valid.features, valid.labels))
    return model.predict_proba(valid.features), model.predict_proba(test)
