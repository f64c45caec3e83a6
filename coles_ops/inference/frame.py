"""Events in memory to embeddings in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from coles_ops.artefacts.embeddings import embedding_table
from coles_ops.coding import code_events
from coles_ops.embedding import count_truncated, embed

if TYPE_CHECKING:
    from coles_ops.inference.bundle import Bundle
    from coles_ops.store import CodedColumns


def embed_frame(bundle: Bundle, events: pd.DataFrame | pa.Table, device: str) -> pd.DataFrame:
    """``Bundle.embed``."""
    table = pa.Table.from_pandas(events, preserve_index=False) if isinstance(events, pd.DataFrame) else events
    coded = code_events(bundle.coding, _canonical(table, bundle.facts.columns))
    return embedding_table(coded.ids, embed_coded(bundle, coded, device)).to_pandas()


def embed_coded(
    bundle: Bundle, events: CodedColumns, device: str = "cpu", rows: np.ndarray | None = None
) -> np.ndarray:
    """(R, D) embeddings of the clients at ``rows`` (R,), or of all."""
    chosen = np.arange(len(events.lengths)) if rows is None else rows
    return embed(bundle.encoder.to(device), events, chosen, bundle.embedding, device)


def summarise(bundle: Bundle, events: CodedColumns, unknown: Mapping[str, int]) -> dict[str, Any]:
    """What a summary says of events."""
    return {
        "clients": len(events.lengths),
        "events": int(events.lengths.sum()),
        "truncated_clients": count_truncated(bundle.encoder, events, bundle.embedding),
        "unknown": dict(unknown),
    }


def _canonical(table: pa.Table, columns: dict[str, str]) -> pa.Table:
    """The canonical columns, those that are not there by the user's names taken by their own."""
    given = {name: source if source in table.column_names else name for name, source in columns.items()}
    return pa.table({name: table[source] for name, source in given.items() if source in table.column_names})
