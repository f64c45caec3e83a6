"""Cuts: when the events of a client end, so that nothing is learnt from what comes with its label or after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coles_ops.coding.columns import MICROSECONDS
from coles_ops.datasets.base import Dataset
from coles_ops.schema import BROKEN, CLIENT, CUT, TIME, DataError

_DAY = 86_400 * MICROSECONDS


@dataclass(frozen=True)
class Cuts:
    """Microseconds since 1970-01-01 UTC: an event at its client's cut or after it is late. False without any."""

    clients: pa.Array  # those with a cut of their own
    own: pa.Array  # int64, of each of them
    others: int | None  # of all others; None: none of their events is late

    @classmethod
    def none(cls) -> Self:
        """No event is late."""
        return cls(pa.array([], pa.string()), pa.array([], pa.int64()), None)

    @classmethod
    def of(cls, dataset: Dataset, targets: pd.DataFrame) -> Self:
        """The times of labels, else the dataset's cut, less its gap.

        Args:
            dataset: with ``cut`` and ``cut_gap``.
            targets: client_id and cut, the time of the label, null where it has none.

        Raises:
            DataError: some labels have a time and others none, and there is no cut for those.
        """
        timed = targets[targets[CUT].notna()]
        gap = round(dataset.cut_gap * _DAY)
        others = dataset.cut_instant
        if len(timed) and len(timed) < len(targets) and others is None:
            raise DataError(
                f"{len(targets) - len(timed):,} of {len(targets):,} labelled clients have no time of their label, such "
                f"as {targets[CLIENT][targets[CUT].isna()].iloc[0]!r}: write under dataset `cut: TIME`, from which on "
                "their events are left out, or give them one"
            )
        own = timed[CUT].astype("datetime64[us, UTC]").astype("int64") - gap
        clients = pa.array(timed[CLIENT], pa.string())
        return cls(clients, pa.array(own, pa.int64()), None if others is None else others - gap)

    def __bool__(self) -> bool:
        return len(self.clients) > 0 or self.others is not None

    def by_client(self, ids: pa.Array) -> pa.Array:
        """Cuts (C,) of clients (C,), null where there is none."""
        own = self.own.take(pc.index_in(ids, self.clients))
        return own if self.others is None else pc.fill_null(own, self.others)

    def late(self, rows: pa.Table) -> pa.Array:
        """Of canonical rows (M,) whether they are good and late; their clients are a dictionary."""
        client = rows[CLIENT].unify_dictionaries().combine_chunks()
        cut = self.by_client(client.dictionary).take(client.indices)
        time = rows[TIME].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).combine_chunks()
        late = pc.fill_null(pc.greater_equal(time, cut), False)
        return pc.and_(late, pc.is_null(rows[BROKEN]).combine_chunks())
