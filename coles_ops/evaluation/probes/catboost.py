"""CatBoost (Prokhorenkova et al. 2018): the probe of the study, and of the verdict."""

from catboost import CatBoostClassifier

from coles_ops.evaluation.probes.base import PROBES, Fitting, Labelled, Predict


@PROBES.register("catboost")
def catboost(train: Labelled, valid: Labelled, how: Fitting) -> Predict:
    """Trees fitted on ``train``, as many as are best on ``valid``."""
    model = CatBoostClassifier(
        iterations=how.config.iterations,
        depth=how.config.depth,
        loss_function="Logloss" if how.classes == 2 else "MultiClass",
        eval_metric="AUC" if how.classes == 2 else "MultiClass",
        early_stopping_rounds=how.config.early_stopping,
        use_best_model=True,
        random_seed=how.config.seed,
        thread_count=how.threads,
        allow_writing_files=False,
        verbose=False,
    )
    return model.fit(train.features, train.labels, eval_set=(valid.features, valid.labels)).predict_proba
