"""New events to embeddings, by the encoder that a run found best."""

import logging
from pathlib import Path
from typing import Any

from prefect import flow

from coles_ops.inference import load_bundle
from coles_ops.inference.find import find_bundle
from coles_ops.inference.settings import settings_of
from coles_ops.litter import sweep
from tasks.stages import embed

log = logging.getLogger("coles.embed")


@flow(name="coles-embed")
def coles_embed(bundle: str, events: str, out: str, overrides: dict[str, Any] | None = None) -> str:
    """Embed the clients of new events; what was done before an interruption is kept.

    Args:
        bundle: Folder of a bundle; or a run's name, of which the newest that has a bundle is taken; or its id.
        events: CSV or Parquet: a file, a folder or a glob, in the schema of the run's events.
        out: Folder to make.
        overrides: Dotted keys below `validation` and `resources` to values.

    Returns:
        The folder, with part-*.parquet and summary.json.
    """
    sweep()
    found = load_bundle(find_bundle(bundle))
    log.info("bundle %s of %s: %s", found.hash, found.facts.run, found.facts.name)
    return str(embed(found, events, Path(out), *settings_of(found, overrides)).path)
