import numpy as np
import pytest
from stores import write_events, write_store
from tables import tiny_run

from coles_ops.artefacts.events import Events
from coles_ops.run import Run


@pytest.fixture
def events(tmp_path) -> Events:
    """Events of 60 clients, among them an empty one, a one-event one and a long one, as preprocessing would leave."""
    lengths = np.random.default_rng(1).integers(20, 80, 60)
    lengths[:3] = 0, 1, 300
    return write_events(tmp_path / "events", write_store(tmp_path / "events" / "arrays", lengths))


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny_run(tmp_path / "world")
