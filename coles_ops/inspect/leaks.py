"""Columns that tell the label nearly alone: most often it was written into them, or after it was known."""

from __future__ import annotations

import numpy as np
import pandas as pd

_CLIENTS = 20  # fewer labelled clients say nothing
_VALUES = 200  # most values of a column that are looked at
_LEFT = 0.1  # share of the errors of always guessing the largest class that may be left
_AUC = 0.99  # or Spearman's correlation


def leaks(
    client: pd.Series, categories: dict[str, pd.Series], amounts: dict[str, pd.Series], labels: pd.Series
) -> dict[str, str]:
    """Column to what it gives away.

    Args:
        client: (R,) client of each event.
        categories: text columns (R,) of the events.
        amounts: numeric columns (R,), the time in seconds among them.
        labels: class or number of each labelled client, by id.
    """
    labels = labels[labels.index.isin(client.unique())]
    if len(labels) < _CLIENTS or labels.nunique() < 2:
        return {}
    classes = labels if labels.dtype == object else pd.qcut(labels, 4, duplicates="drop").astype(str)  # or quarters
    found = {name: told for name, column in categories.items() if (told := _by_value(client, column, classes))}
    for name, column in amounts.items():
        by_client = column.groupby(client).agg(["mean", "max", "min"]).reindex(labels.index)
        for what in by_client:
            if by_client[what].notna().mean() > 0.5 and _ranks(by_client[what], labels):
                found.setdefault(name, f"the {_SPOKEN[what]} of a client tells the label nearly alone")
    return found


_SPOKEN = {"mean": "mean", "max": "largest value", "min": "smallest value"}


def _by_value(client: pd.Series, column: pd.Series, labels: pd.Series) -> str | None:
    """Whether having one of the values, or which of them most of a client's rows have, tells the class."""
    pairs = pd.DataFrame({"client": client, "value": column}).dropna()
    pairs = pairs[pairs["client"].isin(labels.index)]
    pairs["class"] = pairs["client"].map(labels)
    frequent = pairs["value"].value_counts()
    if not len(frequent):
        return None
    totals = labels.value_counts()
    errors = len(labels) - int(totals.max())
    # the value of most of a client's rows
    modal = pairs.groupby(["client", "value"]).size().reset_index(name="rows").sort_values("rows")
    modal = modal.drop_duplicates("client", keep="last")
    classes = pd.crosstab(modal["value"], modal["client"].map(labels))
    if len(classes) <= len(labels) / 5:
        wrong = len(labels) - int(classes.max(axis=1).sum())
        if wrong <= _LEFT * errors:
            return "its value tells the label nearly alone"
    # one value that only one class has
    has = pairs[pairs["value"].isin(frequent.index[:_VALUES])].drop_duplicates(["client", "value"])
    with_value = pd.crosstab(has["value"], has["class"]).reindex(columns=totals.index, fill_value=0)
    without = totals - with_value
    wrong = len(labels) - with_value.max(axis=1) - without.max(axis=1)
    if wrong.min() <= _LEFT * errors:
        return f"whether a client has {wrong.idxmin()!r} tells the label nearly alone"
    return None


def _ranks(values: pd.Series, labels: pd.Series) -> bool:
    """Whether the order of a number of the clients (C,) is nearly the order of two classes, or of their numbers."""
    if labels.dtype != object:
        return bool(abs(values.corr(labels, method="spearman")) >= _AUC)
    classes = labels.value_counts()
    if len(classes) != 2 or classes.min() < 5:
        return False
    known = values.notna()
    positive = (labels == classes.index[1])[known].to_numpy()
    if not 0 < positive.sum() < len(positive):
        return False
    ranks = values[known].rank().to_numpy()
    below = ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
    auc = below / (positive.sum() * (~positive).sum())
    return bool(max(auc, 1 - auc) >= _AUC)


def after_outcome(client: pd.Series, time: pd.Series, outcome: pd.Series) -> float:
    """Share of the labelled clients' events that are later than the time (by client) that the targets give."""
    until = client.map(outcome)
    known = until.notna() & time.notna()
    return float(np.mean(time[known] > until[known])) if known.any() else 0.0
