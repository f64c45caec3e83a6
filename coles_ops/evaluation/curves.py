"""ROC curves of scored clients, thinned to what an eye can see."""

import numpy as np
import pandas as pd

from coles_ops.artefacts.evaluation import prediction_columns
from coles_ops.schema import LABEL

_POINTS = 200


def roc_points(predictions: pd.DataFrame) -> pd.DataFrame | None:
    """false_positive_rate and true_positive_rate of a row a client; None for other than two classes."""
    from sklearn.metrics import roc_curve

    if prediction_columns(predictions) != ["p_0", "p_1"]:
        return None
    false, true, _ = roc_curve(predictions[LABEL], predictions["p_1"])
    some = np.unique(np.linspace(0, len(false) - 1, _POINTS).astype(int))  # both ends among them
    return pd.DataFrame({"false_positive_rate": false[some], "true_positive_rate": true[some]})
