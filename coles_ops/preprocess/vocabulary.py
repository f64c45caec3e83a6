"""Codes of category values, by falling frequency.

Codes are 0 padding, 1..n by falling frequency among the clients that fit statistics, n + 1 unknown.
"""

import json
from pathlib import Path

import numpy as np

from coles_ops.config import Preprocess
from coles_ops.preprocess.rows import NULL


def by_frequency(values: list[str], counts: np.ndarray, config: Preprocess) -> tuple[list[str | None], np.ndarray]:
    """The vocabulary, and the store's code of each value.

    Equal frequencies are ordered by value, so that codes do not depend on the order of files. Values rarer than
    ``min_count`` or beyond ``max_codes`` get the unknown code.

    Args:
        values: (V,) in ascending order.
        counts: (V,) events of each among the clients that may shape statistics.
        config: min_count and max_codes.

    Returns:
        Values in the order of their codes, which start at 1, None for the missing value; and (V,) codes.
    """
    order = np.argsort(-counts, kind="stable")
    kept = order[counts[order] >= config.min_count][: config.max_codes]
    codes = np.full(len(values), len(kept) + 1)
    codes[kept] = np.arange(1, len(kept) + 1)
    return [None if values[i] == NULL else values[i] for i in kept], codes


def n_codes(vocabulary: list[str | None]) -> int:
    """Number of codes, padding and unknown included; at least 3, as an embedding table needs."""
    return max(len(vocabulary) + 2, 3)


def write_vocabulary(path: Path, vocabulary: dict[str, list[str | None]]) -> None:
    """JSON, column to values in the order of their codes, which start at 1; null is the missing value."""
    path.write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0))
