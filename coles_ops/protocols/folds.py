"""Clients dealt out, all members of a group to one side, classes in like shares, whatever the order of rows.

Groups are put in a random order within those of the same make-up (so many members of each class), and that list is
dealt out like cards. So of any m groups of one make-up, a fold of K gets m / K, rounded up or down.

N clients, G groups, K classes.
"""

import numpy as np

Seed = int | list[int]


def fold_numbers(label: np.ndarray, group: np.ndarray, folds: int, seed: Seed) -> np.ndarray:
    """The fold of every client (N,), by class codes (N,), -1 for none, and ids of groups (N,)."""
    rng = np.random.default_rng(seed)
    order, member = _in_order(label, group, rng)
    number = np.empty(len(order), dtype=np.int64)  # (G,)
    number[order] = rng.permutation(folds)[np.arange(len(order)) % folds]
    return number[member]


def sampled(label: np.ndarray, group: np.ndarray, share: float, seed: Seed) -> np.ndarray:
    """Whether a client (N,) is in a sample of this share of the groups, evenly spread over their list."""
    rng = np.random.default_rng(seed)
    order, member = _in_order(label, group, rng)
    edges = np.floor(np.arange(len(order) + 1) * share + rng.random())
    taken = np.empty(len(order), dtype=bool)  # (G,)
    taken[order] = np.diff(edges) > 0
    return taken[member]


def _in_order(label: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Groups in dealing order (G,), and the group of each client (N,)."""
    groups, member = np.unique(group, return_inverse=True)
    classes = label.max(initial=0) + 1
    known = label >= 0
    cells = member[known] * classes + label[known]
    makeup = np.bincount(cells, minlength=len(groups) * classes).reshape(-1, classes)  # (G, K)
    return np.lexsort((rng.permutation(len(groups)), *makeup.T)), member
