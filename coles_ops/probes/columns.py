"""Columns that a probe is fitted on, chosen among those of the training clients by what they say of the label.

N clients, F features, K classes.
"""

import numpy as np

_CLIENTS_A_COLUMN = 10  # with fewer for each column a probe learns the noise of its clients
_LEAST = 64  # columns that are kept in any case
_RANKED = 5_000  # clients by whom columns are told apart, at most


def choose_columns(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Indices of the features to fit on, ascending: one for ten clients, but no fewer than 64.

    Constants go first. Of what is left those stay whose ranks differ most between the classes, by the statistic of
    Kruskal and Wallis (1952), which of two classes is in the order of their ROC-AUC. It belongs to fitting: of other
    clients than those a probe is fitted on it must know nothing.

    Args:
        features: (N, F) of the clients that a probe is fitted on.
        labels: (N,) class codes.
    """
    from scipy.stats import rankdata

    vary = np.flatnonzero(np.ptp(features, axis=0) > 0)
    most = max(_LEAST, len(labels) // _CLIENTS_A_COLUMN)
    if len(vary) <= most:
        return vary
    some = np.linspace(0, len(labels) - 1, min(len(labels), _RANKED)).astype(np.int64)
    ranks = rankdata(features[some][:, vary], axis=0)  # (N, V)
    ranks -= ranks.mean(axis=0)
    one_hot = labels[some, None] == np.unique(labels)  # (N, K)
    between = ((one_hot.T @ ranks) ** 2 / one_hot.sum(axis=0)[:, None].clip(min=1)).sum(axis=0)  # (V,)
    told = between / np.maximum((ranks**2).sum(axis=0), 1)
    return np.sort(vary[np.argsort(-told, kind="stable")[:most]])
