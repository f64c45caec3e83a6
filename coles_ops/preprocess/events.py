"""Rows to the event store."""

import logging

from coles_ops.artefacts import code_version, fingerprint, home, intact, publish
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.rows import Rows
from coles_ops.artefacts.split import ClientSplit
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.preprocess.identity import remarks
from coles_ops.preprocess.leaks import Tell, check_tells, find_tells
from coles_ops.run import Run
from coles_ops.schema import EVENTS, PART

log = logging.getLogger("coles.preprocess")


def preprocess_events(run: Run, rows: Rows, split: ClientSplit) -> Events:
    """Fit the coding on the training clients' events and code the events of all; writes coding, facts and the store.

    Rows are scattered to shards of consecutive clients, and each shard is sorted in memory. The same input gives the
    same bytes, whatever the order of its rows and files.

    Raises:
        DataError: no client is left to train on.
        LeakError: one trivial feature tells the label; the store is kept, in case the user knows of it.
    """
    events = _events(run, rows, split)
    check_tells([Tell.model_validate(tell) for tell in events.facts["tells"]], run.config.validation.may_tell)
    return events


def _events(run: Run, rows: Rows, split: ClientSplit) -> Events:
    config = run.config
    code = code_version("coles_ops.preprocess.events")
    key = fingerprint(rows.fingerprint, config.preprocess, split.fingerprint, code)
    events = Events(path=home().store / key, fingerprint=key)
    run.uses(events.path)
    if intact(events.path):
        return events.model_copy(update={"cached": True})
    clients = split.clients
    with publish(events.path) as folder:
        new = Events(path=folder, fingerprint=key)
        coding, facts = write_arrays(new.store_path, rows, clients, config)
        new.write(
            coding,
            {
                "fingerprint": key,
                "dataset": rows.dataset,
                "clients": len(clients),
                "clients_by_part": clients[PART].value_counts().to_dict(),
                "events_by_part": clients.groupby(PART)[EVENTS].sum().to_dict(),
                "split": split.fingerprint,
                "tells": [tell.model_dump() for tell in find_tells(new.store, coding)],
                **facts,
            },
        )
    for remark in remarks(facts["identity"]):
        log.warning(remark)
    return events
