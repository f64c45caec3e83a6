"""The contract of a factor: a representation that is counted or factorised, not trained.

R clients, F features of a client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from coles_ops.listed.base import Listed

if TYPE_CHECKING:
    from coles_ops.features import Features
    from coles_ops.store import EventStore

Describe = Callable[[np.ndarray], "Features"]  # ascending rows (R,) of a store to features (R, F) float32


class Factor(Listed):
    """A way to describe clients that needs no training; a model of its options."""

    def fit(self, store: EventStore, most: int | None) -> Describe:
        """Learn from clients who train encoders what there is to learn; it describes any client, each by itself.

        Args:
            store: events.
            most: events of a client that are read, the last ones; None reads all.
        """
        raise NotImplementedError
