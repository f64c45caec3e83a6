"""CatBoost (Prokhorenkova et al. 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from coles_ops.features import Features
from coles_ops.probes.base import PROBES, Fitting, Labelled, Predict, Probe
from coles_ops.signals import held_signals

if TYPE_CHECKING:
    from catboost import CatBoostClassifier, CatBoostRegressor

_STEP = 10  # trees between two complexities


@PROBES.register("catboost")
class CatBoost(Probe):
    """Boosted trees, as many as are best within the training clients.

    There is no early stopping: one fit of the most trees in each inner fold predicts after every tenth, and what is
    scored is fitted anew on all training clients.
    """

    name: Literal["catboost"] = Field("catboost", description="Boosted trees.")
    trees: int = Field(200, ge=1, description="Most trees.")
    depth: int = Field(4, ge=1, le=16, description="Depth of a tree.")
    learning_rate: float = Field(0.03, gt=0, le=1, description="Weight of a tree.")
    columns: float = Field(0.2, gt=0, le=1, description="Share of the features that a split chooses among.")
    bins: int = Field(32, ge=1, le=254, description="Borders that a feature is cut at.")

    @property
    def complexities(self) -> list[float]:
        """Numbers of trees."""
        return sorted({*range(_STEP, self.trees, _STEP), self.trees})

    def path(self, train: Labelled, features: Features, how: Fitting) -> np.ndarray:
        """One fit, read after every number of trees."""
        model = self._fit(train, self.trees, how)
        staged = model.staged_predict if how.target.kind == "number" else model.staged_predict_proba
        stages = list(staged(features, eval_period=_STEP))  # the last one is always among them
        return np.stack(stages).reshape(len(stages), features.shape[0], -1)

    def model(self, train: Labelled, complexity: float, how: Fitting) -> Predict:
        """Of so many trees."""
        model = self._fit(train, int(complexity), how)
        return (
            model.predict_proba if how.target.kind == "classes" else lambda features: model.predict(features)[:, None]
        )

    def _fit(self, train: Labelled, trees: int, how: Fitting) -> CatBoostClassifier | CatBoostRegressor:
        from catboost import CatBoostClassifier, CatBoostRegressor, Pool

        loss = {1: "RMSE", 2: "Logloss"}.get(len(how.target.columns), "MultiClass")
        model = (CatBoostRegressor if how.target.kind == "number" else CatBoostClassifier)(
            iterations=trees,
            depth=self.depth,
            learning_rate=self.learning_rate,
            rsm=self.columns,
            border_count=self.bins,
            boosting_type="Plain",
            leaf_estimation_iterations=1,
            loss_function=loss,
            random_seed=how.seed,
            thread_count=how.threads,
            allow_writing_files=False,
            verbose=False,
        )
        with held_signals():  # CatBoost drops what is raised while it reads labels, and crashes on what it has not read
            pool = Pool(train.features, train.labels)
        return model.fit(pool)
