"""Files of new events to files of embeddings: by the run's own rules, in bounded memory, resumable part by part."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coles_ops.artefacts import fingerprint, intact, publish
from coles_ops.artefacts.embeddings import Embeddings, write_parquet
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.rows import Rows
from coles_ops.config import Resources, Validation
from coles_ops.datasets import DATASETS
from coles_ops.embedding import device_of
from coles_ops.inference.bundle import Bundle
from coles_ops.inference.frame import embed_coded, summarise
from coles_ops.inference.spread import embed_on_cluster
from coles_ops.preprocess.arrays import apply_coding
from coles_ops.preprocess.cuts import Cuts
from coles_ops.preprocess.rows import write_rows
from coles_ops.preprocess.rules import mark_broken_rows, row_rules
from coles_ops.preprocess.session import spark_session
from coles_ops.schema import EVENTS, DataError
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
        made.deal_by("a Spark cluster" if resources.spark_master else "one machine")
        try:
            rows = _read(bundle, events, inputs, made, validation, resources)
        except DataError:
            shutil.rmtree(made.path)  # nothing was embedded yet
            raise
        if resources.spark_master:
            embed_on_cluster(bundle, rows, made, resources)
            facts = _sum(made.facts_of_parts())
        else:
            facts = _embed(bundle, rows, made, resources)
        _warn_of_unknown(facts)
        made.finish(
            {
                "bundle": bundle.hash,
                "run": bundle.facts.run,
                "trial": bundle.facts.trial,
                "inputs": inputs,
                "embedding_size": bundle.facts.embedding_size,
                **facts,
                "reasons": rows.reasons,
                "remarks": rows.remarks,
            }
        )
        shutil.rmtree(made.work)
    return made


def _read(
    bundle: Bundle,
    events: str,
    inputs: list[dict[str, Any]],
    made: Embeddings,
    validation: Validation,
    resources: Resources,
) -> Rows:
    """The rows of the files; the broken ones are also set apart for the user."""
    rows = Rows(path=made.work / "rows", fingerprint=made.fingerprint)
    dataset = DATASETS.get(bundle.facts.dataset["name"]).model_validate(bundle.facts.dataset)
    rules = row_rules(dataset, validation)
    if not intact(rows.path):
        digests = {file["path"]: file["sha256"] for file in inputs}
        with publish(rows.path) as folder:
            new = Rows(path=folder, fingerprint=made.fingerprint)
            with spark_session(resources) as spark, unchanged(lambda: find(events, "events"), digests):
                table = mark_broken_rows(dataset.events(spark, [*map(Path, digests)]), rules)
                write_rows(new, table, dataset, resources.cores, Cuts.none())  # whoever embeds says what is known
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
        write_parquet(made.quarantine, rows.broken())
        log.warning("%s events are left out, they are in %s (%s)", f"{broken:,}", made.quarantine, why)
    for remark, number in rows.remarks.items():
        log.warning("%s events are used of which %s", f"{number:,}", remark)


def _embed(bundle: Bundle, rows: Rows, made: Embeddings, resources: Resources) -> dict[str, Any]:
    """Write the parts that are not there yet, in this process; returns what the summary says of the events."""
    store, unknown = _code(bundle, rows, made, resources)
    device = device_of(resources)
    torch.set_num_threads(resources.cores)
    for number, first in enumerate(range(0, len(store.ids), _CLIENTS)):
        chosen = np.arange(first, min(first + _CLIENTS, len(store.ids)))
        if not made.part(number).exists():
            made.write_part(number, store.ids[chosen], embed_coded(bundle, store, device, chosen), {})
        log.info("embedded %s of %s clients", f"{chosen[-1] + 1:,}", f"{len(store.ids):,}")
    return summarise(bundle, store, unknown)


def _code(bundle: Bundle, rows: Rows, made: Embeddings, resources: Resources) -> tuple[EventStore, dict[str, int]]:
    """The store of the events by the bundle's coding, and the number of unknown values by category."""
    events = Events(path=made.work / "events", fingerprint=made.fingerprint)
    if not intact(events.path):
        with publish(events.path) as folder:
            new = events.model_copy(update={"path": folder})
            new.write(bundle.coding, {"unknown": apply_coding(new.store_path, rows, bundle.coding, resources.cores)})
    return events.store, events.facts["unknown"]


def _sum(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Of all parts together."""
    numbers = {key: sum(part[key] for part in parts) for key in ("clients", "events", "truncated_clients")}
    names = {name for part in parts for name in part["unknown"]}
    return numbers | {"unknown": {name: sum(part["unknown"][name] for part in parts) for name in sorted(names)}}


def _warn_of_unknown(facts: dict[str, Any]) -> None:
    for name, number in facts["unknown"].items():
        if number > _MANY * facts["events"]:
            share = f"{number / facts['events']:.0%} of the events"
            log.warning("%s: %s have a value that training did not see: retrain to make use of it", name, share)
