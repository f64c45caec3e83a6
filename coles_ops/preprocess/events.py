"""Rows to the event store."""

import pandas as pd

from coles_ops.artefacts import Artefact, code_version, fingerprint, home, intact, publish, reading, write_json
from coles_ops.preprocess.arrays import write_arrays
from coles_ops.preprocess.rows import canonical_rows, read_counts
from coles_ops.run import Run
from coles_ops.schema import EVENTS, PART


def preprocess_events(run: Run, validation: Artefact, split: Artefact) -> Artefact:
    """Code the events of all clients; writes the coding, the manifest and the event store.

    Spark has read the raw rows for validation already; here they are coded, dealt to shards of consecutive clients,
    and each shard is sorted in memory. Statistics are those of the training clients alone. The same input gives the
    same bytes, whatever the order of its rows and files.
    """
    config = run.config
    rows = canonical_rows(run)
    code = code_version("coles_ops.preprocess.events")
    key = fingerprint(rows.name, config.preprocess, split.fingerprint, code)
    target = home() / "store" / key
    run.uses(target)
    if intact(target):
        return Artefact(path=target, fingerprint=key, cached=True)
    with reading(split.path / "split.parquet") as file:
        clients = pd.read_parquet(file)
    values = {name: read_counts(rows, name)["value"].tolist() for name in config.dataset.categories}
    with publish(target) as folder:
        facts = write_arrays(folder, rows / "rows", clients, values, config)
        write_json(
            folder / "manifest.json",
            {
                "fingerprint": key,
                "dataset": config.dataset.model_dump(mode="json"),
                "clients": len(clients),
                "clients_by_part": clients[PART].value_counts().to_dict(),
                "events_by_part": clients.groupby(PART)[EVENTS].sum().to_dict(),
                "split": split.fingerprint,
                **facts,
            },
        )
    return Artefact(path=target, fingerprint=key)
