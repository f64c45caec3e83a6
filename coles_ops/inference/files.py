"""Files of new events to files of embeddings: by the run's own rules, in bounded memory, resumable part by part."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from coles_ops.artefacts import fingerprint, intact, publish
from coles_ops.artefacts.embeddings import Embeddings
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.rows import Rows
from coles_ops.config import Resources, Validation
from coles_ops.datasets import DATASETS
from coles_ops.embedding import count_truncated, embed
from coles_ops.inference.bundle import Bundle
from coles_ops.inference.frame import column_names
from coles_ops.preprocess.arrays import apply_coding
from coles_ops.preprocess.rows import write_rows
from coles_ops.preprocess.rules import mark_broken_rows, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.schema import CLIENT, EVENTS, DataError
from coles_ops.sources import find
from coles_ops.sources.unchanged import contents, facts_of, unchanged
from coles_ops.store import EventStore

log = logging.getLogger("coles.embed")

_CLIENTS = 1 << 16  # of a part
_MANY = 0.05  # share of events with a value that training did not see, from which it is worth a warning


def embed_files(bundle: Bundle, events: str, out: Path, validation: Validation, resources: Resources) -> Embeddings:
    """Embed the clients of files of events; what was done before an interruption is kept.

    Args:
        bundle: what embeds them.
        events: a file, a folder or a glob, in the schema of the run's events.
        out: folder to make.
        validation: the rules of rows.
        resources: cores, memory of Spark, and whether a GPU may be used.

    Raises:
        DataError: the events cannot be read, too many of them break a rule, or a file changed meanwhile.
        OutputError: the folder holds something else, or another process works in it.
    """
    inputs = facts_of(find(events, "events"))
    key = fingerprint(bundle.hash, contents(inputs), validation)
    made = Embeddings(path=out.absolute(), fingerprint=key)
    with made.claimed() as done:
        if done:
            return made.model_copy(update={"cached": True})
        try:
            rows = _read(bundle, events, made, validation, resources)
        except DataError:
            shutil.rmtree(made.path)  # nothing was embedded yet
            raise
        coded = _code(bundle, rows, made, resources)
        store = coded.store
        _embed(bundle, store, made, resources)
        made.finish(
            {
                "bundle": bundle.hash,
                "run": bundle.facts.run,
                "trial": bundle.facts.trial,
                "inputs": inputs,
                "clients": len(store.ids),
                "events": store.n_events,
                "embedding_size": bundle.facts.embedding_size,
                "truncated_clients": count_truncated(bundle.encoder, store, bundle.embedding),
                "unknown": coded.facts["unknown"],
                "reasons": rows.reasons,
                "remarks": rows.remarks,
            }
        )
        shutil.rmtree(made.work)
    return made


def _read(bundle: Bundle, events: str, made: Embeddings, validation: Validation, resources: Resources) -> Rows:
    """The rows of the files; the broken ones are also set apart for the user."""
    rows = Rows(path=made.work / "rows", fingerprint=made.fingerprint)
    dataset = DATASETS.get(bundle.facts.dataset["name"]).model_validate(bundle.facts.dataset)
    rules = row_rules(dataset, validation)
    if not intact(rows.path):
        files = find(events, "events")
        digests = {file["path"]: file["sha256"] for file in facts_of(files)}
        with publish(rows.path) as folder:
            new = Rows(path=folder, fingerprint=made.fingerprint)
            with spark_session(resources) as spark, unchanged(lambda: find(events, "events"), digests):
                write_rows(new, mark_broken_rows(dataset.events(spark, files), rules), dataset, resources.cores)
    _check(rows, made, validation)
    return rows


def _check(rows: Rows, made: Embeddings, validation: Validation) -> None:
    """Refuse what has too many broken rows; say what is strange about those that are used."""
    good, broken = int(rows.clients[EVENTS].sum()), sum(rows.reasons.values())
    why = "; ".join(f"{number:,}: {reason}" for reason, number in rows.reasons.items()) or "there is none"
    if not good or broken > validation.max_quarantined * (good + broken):
        raise DataError(
            f"{broken:,} of {good + broken:,} events break a rule ({why}), and a share of at most "
            f"validation.max_quarantined={validation.max_quarantined:g} may: mend the events, or --set it higher"
        )
    if broken:
        _write_parquet(made.quarantine, rows.broken())
        log.warning("%s events are left out, they are in %s (%s)", f"{broken:,}", made.quarantine, why)
    for remark, number in rows.remarks.items():
        log.warning("%s events are used of which %s", f"{number:,}", remark)


def _code(bundle: Bundle, rows: Rows, made: Embeddings, resources: Resources) -> Events:
    """The store of the events by the bundle's coding, and the number of unknown values by category."""
    events = Events(path=made.work / "events", fingerprint=made.fingerprint)
    if not intact(events.path):
        with publish(events.path) as folder:
            new = events.model_copy(update={"path": folder})
            new.write(bundle.coding, {"unknown": apply_coding(new.store_path, rows, bundle.coding, resources.cores)})
    for name, number in events.facts["unknown"].items():
        if number > _MANY * events.store.n_events:
            share = f"{number / events.store.n_events:.0%} of the events"
            log.warning("%s: %s have a value that training did not see: retrain to make use of it", name, share)
    return events


def _embed(bundle: Bundle, store: EventStore, made: Embeddings, resources: Resources) -> None:
    """Write the parts that are not there yet."""
    device = "cuda" if resources.gpu != 0 and torch.cuda.is_available() else "cpu"
    model, clients = bundle.encoder.to(device), len(store.ids)
    torch.set_num_threads(resources.cores)
    for number, first in enumerate(range(0, clients, _CLIENTS)):
        rows = np.arange(first, min(first + _CLIENTS, clients))
        if not made.part(number).exists():
            found = embed(model, store, rows, bundle.embedding, device)  # (R, D)
            columns: dict[str, Any] = dict(zip(column_names(found.shape[1]), found.T, strict=True))
            _write_parquet(made.part(number), [pa.table({CLIENT: store.ids[rows], **columns})])
        log.info("embedded %s of %s clients", f"{rows[-1] + 1:,}", f"{clients:,}")


def _write_parquet(path: Path, tables: Iterable[pa.Table]) -> None:
    """Whole or not at all; at least one table."""
    partial, writer = path.with_name(f".{path.name}"), None
    for table in tables:
        writer = writer or pq.ParquetWriter(partial, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()
    partial.replace(path)
