"""CatBoost (Prokhorenkova et al. 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from coles_ops.probes.base import PROBES, Fitting, Labelled, Predict, Probe

if TYPE_CHECKING:
    from catboost import CatBoostClassifier

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

    def path(self, train: Labelled, features: np.ndarray, how: Fitting) -> np.ndarray:
        """One fit, read after every number of trees."""
        staged = self._fit(train, self.trees, how).staged_predict_proba(features, eval_period=_STEP)
        return np.stack(list(staged))  # the last stage is always among them

    def model(self, train: Labelled, complexity: float, how: Fitting) -> Predict:
        """Of so many trees."""
        return self._fit(train, int(complexity), how).predict_proba

    def _fit(self, train: Labelled, trees: int, how: Fitting) -> CatBoostClassifier:
        from catboost import CatBoostClassifier

        model = CatBoostClassifier(
            iterations=trees,
            depth=self.depth,
            learning_rate=self.learning_rate,
            rsm=self.columns,
            border_count=self.bins,
            boosting_type="Plain",
            leaf_estimation_iterations=1,
            loss_function="Logloss" if how.classes == 2 else "MultiClass",
            random_seed=how.seed,
            thread_count=how.threads,
            allow_writing_files=False,
            verbose=False,
        )
        return model.fit(train.features, train.labels)
