"""The long table as arrays: who was scored where, and each representation's predictions.

S seeds, R repeats, N clients, P columns of a prediction.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import FOLD, PROBE, REPEAT, REPRESENTATION, SEED, prediction_columns
from coles_ops.schema import CLIENT, GROUP, LABEL
from coles_ops.statistics import Design, Metric, Scored, score
from coles_ops.targets import Classes, Number


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Scored predictions by one probe."""

    design: Design
    predictions: dict[str, np.ndarray]  # representation to (S, R, N, P)
    metric: Metric

    @classmethod
    def of(cls, table: pd.DataFrame, probe: str) -> Self:
        """Those of a long table: every representation has predicted the same clients, once a repeat and seed.

        By its columns the table says whether a number is predicted, or a class.
        """
        table = table[table[PROBE] == probe]
        table = table.sort_values([REPRESENTATION, SEED, REPEAT, CLIENT])
        columns = prediction_columns(table)
        metric = (Number() if columns == Number().columns else Classes()).metric
        designs, found = [], {}
        for name, rows in table.groupby(REPRESENTATION):
            seeds, repeats = rows[SEED].nunique(), rows[REPEAT].nunique()
            shape = (seeds, repeats, len(rows) // (seeds * repeats))
            first = rows.iloc[: shape[1] * shape[2]]
            designs.append(first[[REPEAT, FOLD, CLIENT, LABEL, GROUP]].reset_index(drop=True))
            assert designs[0].equals(designs[-1]), f"{name} was not scored on the clients and folds of the others"
            found[str(name)] = rows[columns].to_numpy(float).reshape(*shape, len(columns))
        clients = designs[0].head(next(iter(found.values())).shape[2])
        folds = designs[0][FOLD].to_numpy().reshape(-1, len(clients))
        return cls(Design(clients[LABEL].to_numpy(), folds, clients[GROUP].to_numpy(str)), found, metric)

    def scored(self, representation: str, candidates: int = 1) -> Scored:
        """Scores of a representation, one of so many chosen in each fold, and what each client contributes to them."""
        return score(self.metric, self.design, self.predictions[representation], candidates)
