"""Columns that a probe is fitted on, chosen among those of the training clients by what they say of the label.

N clients, F features, D contrasts.
"""

import numpy as np

_CLIENTS_A_COLUMN = 10  # with fewer for each column a probe learns the noise of its clients
_LEAST = 64  # columns that are kept in any case
_RANKED = 5_000  # clients by whom columns are told apart, at most


def choose_columns(features: np.ndarray, contrasts: np.ndarray) -> np.ndarray:
    """Indices of the features to fit on, ascending: one for ten clients, but no fewer than 64.

    Constants go first. Of what is left those stay whose ranks differ most between the classes, by the statistic of
    Kruskal and Wallis (1952), which of two classes is in the order of their ROC-AUC; or agree most with those of a
    number, by the square of Spearman's correlation. It belongs to fitting: of other clients than those a probe is
    fitted on it must know nothing.

    Args:
        features: (N, F) of the clients that a probe is fitted on.
        contrasts: (N, D) of their labels, as their target has them.
    """
    from scipy.stats import rankdata

    vary = np.flatnonzero(np.ptp(features, axis=0) > 0)
    most = max(_LEAST, len(contrasts) // _CLIENTS_A_COLUMN)
    if len(vary) <= most:
        return vary
    some = np.linspace(0, len(contrasts) - 1, min(len(contrasts), _RANKED)).astype(np.int64)
    ranks = rankdata(features[some][:, vary], axis=0)  # (N, V)
    ranks -= ranks.mean(axis=0)
    against = contrasts[some]
    agreeing = ((against.T @ ranks) ** 2 / (against**2).sum(axis=0)[:, None].clip(min=1)).sum(axis=0)  # (V,)
    told = agreeing / np.maximum((ranks**2).sum(axis=0), 1)
    return np.sort(vary[np.argsort(-told, kind="stable")[:most]])
