"""LightGBM (Ke et al. 2017), as the method's authors fit it; an extra: ``pip install lightgbm``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from coles_ops.features import Features
from coles_ops.probes.base import PROBES, Fitting, Labelled, Predict, Probe


@PROBES.register("lightgbm")
class LightGBM(Probe):
    """Boosted trees on features scaled by their largest absolute value, with the settings of ptls-experiments."""

    name: Literal["lightgbm"] = Field("lightgbm", description="Boosted trees of ptls-experiments; an extra.")
    trees: int = Field(500, ge=1, description="Trees; always as many.")
    learning_rate: float = Field(0.02, gt=0, le=1, description="Weight of a tree.")
    depth: int = Field(6, ge=1, description="Depth of a tree.")
    least: int = Field(50, ge=1, description="Fewest clients in a leaf.")

    @model_validator(mode="after")
    def _installed(self) -> LightGBM:
        if find_spec("lightgbm") is None:
            raise ValueError("lightgbm is not installed: pip install lightgbm, or name another probe")
        return self

    @property
    def complexities(self) -> list[float]:
        """One."""
        return [self.trees]

    def path(self, train: Labelled, features: Features, how: Fitting) -> np.ndarray:
        """A fit of it."""
        return self.model(train, self.trees, how)(features)[None]

    def model(self, train: Labelled, complexity: float, how: Fitting) -> Predict:
        """Of so many trees."""
        from lightgbm import LGBMClassifier, LGBMRegressor
        from sklearn.preprocessing import MaxAbsScaler

        scale = MaxAbsScaler().fit(train.features)
        trees = (LGBMRegressor if how.target.kind == "number" else LGBMClassifier)(
            n_estimators=int(complexity),
            learning_rate=self.learning_rate,
            max_depth=self.depth,
            num_leaves=50,
            min_child_samples=self.least,
            subsample=0.5,
            subsample_freq=1,
            colsample_bytree=0.75,
            reg_alpha=1,
            reg_lambda=1,
            random_state=how.seed,
            n_jobs=how.threads,
            deterministic=True,
            force_row_wise=True,
            verbose=-1,
        )
        booster = trees.fit(scale.transform(train.features), train.labels).booster_

        def predict(features: Features) -> np.ndarray:
            found = np.asarray(booster.predict(scale.transform(features)))  # of two classes that of the second alone
            if how.target.kind == "number":
                return found[:, None]
            return found if found.ndim == 2 else np.stack([1 - found, found], axis=1)

        return predict
