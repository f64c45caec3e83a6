"""A coding from counts and moments, which are sums: each shard of the events adds its own. V values of a category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from coles_ops.coding.coding import EventCoding, Scaler
from coles_ops.coding.columns import Columns
from coles_ops.coding.features import EventFeatures
from coles_ops.schema import NULL

_CONSTANT = 1e-6  # deviation, as a share of the mean or of 1: below it lies no more than rounding


@dataclass(frozen=True)
class Statistics:
    """Sums over the events that may shape a coding."""

    counts: Columns  # category to the events of each value, (V,)
    moments: Columns  # real column to number, sum and sum of squares, (3,)

    @classmethod
    def of(
        cls, events: Columns, fits: np.ndarray, values: Mapping[str, pa.Array], features: EventFeatures
    ) -> Statistics:
        """Of those events (M,) that may shape a coding, by ``fits`` (M,); categories are positions in ``values``."""
        counts = {name: np.bincount(events[name][fits], minlength=len(known)) for name, known in values.items()}
        return cls(counts, {name: _moments(events[name][fits]) for name in features.reals})

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(_sum(self.counts, other.counts), _sum(self.moments, other.moments))


def _sum(left: Columns, right: Columns) -> Columns:
    return {name: left[name] + right[name] for name in left}


def _moments(values: np.ndarray) -> np.ndarray:
    exact = values.astype(np.float64)
    return np.array([len(exact), exact.sum(), np.square(exact).sum()])


def fit(
    features: EventFeatures, values: Mapping[str, pa.Array], statistics: Statistics, min_count: int = 1,
    max_codes: int | None = None,
) -> EventCoding:  # fmt: skip
    """The coding of these statistics.

    Args:
        features: what an event becomes.
        values: category to its values, in ascending order, those in ``statistics.counts``.
        statistics: over the training clients' events.
        min_count: rarer values share the unknown code.
        max_codes: most values a category keeps.
    """
    vocabulary = {
        name: by_frequency(values[name].to_pylist(), statistics.counts[name], min_count, max_codes)
        for name in features.categories
    }
    scalers = {name: _scaler(statistics.moments[name]) for name in features.reals}
    return EventCoding(features=features, vocabulary=vocabulary, scalers=scalers)


def by_frequency(
    values: list[str], counts: np.ndarray, min_count: int, max_codes: int | None
) -> tuple[str | None, ...]:
    """Values by falling count (V,), equal counts by value, so that codes do not depend on the order of files."""
    order = np.argsort(-counts, kind="stable")
    kept = order[counts[order] >= min_count][:max_codes]
    return tuple(None if values[i] == NULL else values[i] for i in kept)


def _scaler(moments: np.ndarray) -> Scaler:
    """A column that is constant in training is centred and not scaled: else any other value would be millions."""
    count, total, squares = moments.tolist()
    mean = total / count
    deviation = max(squares / count - mean**2, 0) ** 0.5
    return Scaler(mean=mean, deviation=deviation if deviation > _CONSTANT * max(abs(mean), 1) else 1.0)
