import shutil

import pandas as pd
import pytest
from tables import tiny_run

from coles_ops.artefacts import write_json
from coles_ops.artefacts.events import Events
from coles_ops.run import Run


@pytest.fixture
def events(tiny_store, tmp_path) -> Events:
    """The tiny store where preprocessing would have put it."""
    folder = tmp_path / "events"
    folder.mkdir()
    shutil.move(tiny_store.path, folder / "arrays")
    clients = pd.read_parquet(folder / "arrays" / "clients.parquet")
    counts = clients.part.value_counts().to_dict()
    facts = {"events": 1, "clients": 60, "clients_by_part": counts, "events_by_part": counts}
    more = {"codes": {"mcc": 12}, "unknown": {"mcc": 0}, "time_span": [1_500_000_000, 1_500_100_000]}
    write_json(folder / "facts.json", facts | more)
    return Events(path=folder, fingerprint="tiny")


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny_run(tmp_path / "world")
