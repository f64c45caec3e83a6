"""The event store as users of pytorch-lifestream know events, a feature dict a client, and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from coles_ops.artefacts import publish
from coles_ops.coding.columns import MICROSECONDS
from coles_ops.schema import CLIENT, LABEL, PART, DataError, Part
from coles_ops.store import EventStore, StoreSchema, write_store
from coles_ops.targets import Classes

_TIME = "event_time"  # ptls' own name for it


@dataclass(frozen=True)
class PtlsView(Sequence[dict[str, Any]]):
    """Clients of a store as feature dicts: what ``ColesDataset`` and ``MemoryMapDataset`` of ptls take as data."""

    store: EventStore
    rows: np.ndarray  # (R,) clients

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """A client's events as tensors (L,): amounts are the store's own memory, codes widened, times whole seconds."""
        if isinstance(index, slice):
            return PtlsView(self.store, self.rows[index])
        row, store = self.rows[index], self.store
        own = slice(store.offsets[row], store.offsets[row + 1])
        record: dict[str, Any] = {CLIENT: store.ids[row], "target_label": store.labels[row].item()}
        record[_TIME] = torch.from_numpy(store.time[own] // MICROSECONDS)
        for name, column in store.columns.items():
            events = column[own]
            record[name] = torch.from_numpy(events.astype(np.int32) if name in store.schema.categories else events)
        return record


def to_ptls(store: EventStore, *parts: Part) -> PtlsView:
    """Clients of these parts, or all of them, as feature dicts that are made when they are indexed."""
    return PtlsView(store, store.rows(*(parts or Part)))


def from_ptls(
    records: Iterable[dict[str, Any]],
    path: Path,
    col_id: str,
    col_label: str | None = None,
    classes: Sequence[Any] = (),
) -> EventStore:
    """Write feature dicts of ptls, as its preprocessors return them, into a new event store.

    Integer sequences become categories, real ones amounts; clients keep their order and their events theirs. A client
    with a label is in training: a split is the user's to make.

    Args:
        records: feature dicts of numpy arrays or tensors, all with the same features; ``event_time`` is one, in
            seconds.
        path: folder to write; whole or not at all.
        col_id: feature with the client's id.
        col_label: feature with the label, if there is one; what is not among ``classes`` counts as unlabelled.
        classes: label values in the order of their codes.

    Raises:
        DataError: no records, a feature is missing or has another length than ``event_time``, or times go back.
    """
    columns, length, clients = _collected(records, col_id, col_label)
    time = np.rint(columns.pop(_TIME) * MICROSECONDS).astype(np.int64)
    first = np.cumsum(length) - length
    back = np.diff(time) < 0
    back[first[1:][(first[1:] > 0) & (first[1:] < len(time))] - 1] = False
    if back.any():
        owner = int(np.searchsorted(first, np.argmax(back), side="right")) - 1
        raise DataError(f"the events of client {clients[CLIENT][owner]!r} are not in time order: sort them by {_TIME}")
    codes = {name: int(v.max(initial=1)) + 1 for name, v in columns.items() if v.dtype.kind in "iub"}
    amounts = tuple(name for name in columns if name not in codes)
    known = {value: code for code, value in enumerate(classes)}
    label = np.array([known.get(value, -1) for value in clients[LABEL]], dtype=np.int64)
    part = np.where(label < 0, str(Part.PRETRAIN), str(Part.TRAIN))
    people = pd.DataFrame({CLIENT: clients[CLIENT], PART: part, LABEL: label})
    categories = {name: max(n, 3) for name, n in codes.items()}  # an embedding table of ptls needs 3
    schema = StoreSchema(categories=categories, amounts=amounts, target=Classes(names=tuple(map(str, classes))))
    with publish(path) as folder:
        write_store(folder, schema, time, np.append(first, len(time)), columns, people)
    return EventStore(path)


def _collected(
    records: Iterable[dict[str, Any]], col_id: str, col_label: str | None
) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, list[Any]]]:
    """Columns (E,) of all events, events of each client (C,), ids and labels (C,)."""
    pieces: dict[str, list[np.ndarray]] = {}
    clients: dict[str, list[Any]] = {CLIENT: [], LABEL: []}
    for record in records:
        if col_id not in record or _TIME not in record:
            raise DataError(f"record {len(clients[CLIENT])} lacks {col_id!r} or {_TIME!r}; it has {', '.join(record)}")
        clients[CLIENT].append(record[col_id])
        clients[LABEL].append(record.get(col_label) if col_label else None)
        found = {name: np.asarray(v) for name, v in record.items() if name not in (col_id, col_label) and np.ndim(v)}
        pieces = pieces or {name: [] for name in found}
        wrong = [name for name in {*found, *pieces} if name not in found or found[name].shape != found[_TIME].shape]
        if wrong or found.keys() != pieces.keys():
            raise DataError(f"client {record[col_id]!r}: {', '.join(wrong)} must be as long as {_TIME} in every record")
        for name, values in found.items():
            pieces[name].append(values)
    if not pieces:
        raise DataError("there are no records to make a store of")
    length = np.array([len(events) for events in pieces[_TIME]], dtype=np.int64)
    return {name: np.concatenate(values) for name, values in pieces.items()}, length, clients
