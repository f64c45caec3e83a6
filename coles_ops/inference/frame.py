"""Events in memory to embeddings in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from coles_ops.coding import code_events
from coles_ops.embedding import embed
from coles_ops.schema import CLIENT

if TYPE_CHECKING:
    from coles_ops.inference.bundle import Bundle


def embed_frame(bundle: Bundle, events: pd.DataFrame | pa.Table, device: str) -> pd.DataFrame:
    """``Bundle.embed``."""
    table = pa.Table.from_pandas(events, preserve_index=False) if isinstance(events, pd.DataFrame) else events
    coded = code_events(bundle.coding, _canonical(table, bundle.facts.columns))
    found = embed(bundle.encoder.to(device), coded, np.arange(len(coded.ids)), bundle.embedding, device)  # (C, D)
    frame = pd.DataFrame(found, columns=column_names(found.shape[1]))
    frame.insert(0, CLIENT, coded.ids)
    return frame


def column_names(size: int) -> list[str]:
    """Of the dimensions of an embedding: e_0000 .. ."""
    return [f"e_{i:04d}" for i in range(size)]


def _canonical(table: pa.Table, columns: dict[str, str]) -> pa.Table:
    """The canonical columns, those that are not there by that name taken from the user's."""
    given = {name: name if name in table.column_names else columns.get(name, name) for name in columns}
    return pa.table({name: table[source] for name, source in given.items() if source in table.column_names})
