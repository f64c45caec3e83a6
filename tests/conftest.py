"""Fixtures of all tests: off switches, a home folder of their own, tiny real data."""

import os

os.environ.update(
    DO_NOT_TRACK="1",
    OMP_NUM_THREADS="1",  # tiny tensors: threads cost more than they give
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    RAY_USAGE_STATS_ENABLED="0",
    RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",
    WANDB_ERROR_REPORTING="false",
    WANDB_SILENT="true",
    SPARK_LOCAL_IP="127.0.0.1",
    GX_ANALYTICS_ENABLED="false",
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",
)

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coles_ops.artefacts import write_json
from coles_ops.config import Resources
from coles_ops.schema import CLIENT, LABEL, PART, Part
from coles_ops.store import EventStore, StoreSchema

SHARED_DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def coles_home(tmp_path, monkeypatch):
    """A home folder that no other test sees."""
    monkeypatch.setenv("COLES_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def spark():
    """One Spark session for all tests of the process."""
    from coles_ops.preprocess.session import spark_session

    with spark_session(Resources(cpus=2, spark_memory="1g")) as session:
        yield session


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real sample data is not there: expected ../shared/data beside the checkout")
    return SHARED_DATA


def write_store(path: Path, lengths: np.ndarray, seed: int = 0, n_codes: int = 12) -> EventStore:
    """A store of clients with two categories and two amounts; the label shifts which codes are frequent."""
    rng = np.random.default_rng(seed)
    path.mkdir(parents=True)
    clients, events = len(lengths), int(np.sum(lengths))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    owner = np.repeat(np.arange(clients), lengths)
    label = rng.integers(0, 2, clients)
    part = rng.choice([str(p) for p in Part], clients, p=[0.4, 0.2, 0.2, 0.2])
    start = np.repeat(offsets[:-1], lengths)
    gaps = rng.integers(1, 7200, events)
    total = np.cumsum(gaps)
    time = 1_500_000_000 + total - np.concatenate([[0], total])[start]
    code = 1 + (rng.zipf(1.6, events) + 3 * label[owner]) % (n_codes - 2)
    arrays = {
        "time": time.astype(np.int64),
        "offsets": offsets,
        "mcc": code.astype(np.uint8),
        "hour": (1 + time // 3600 % 24).astype(np.uint8),
        "amount": (rng.normal(size=events) + 0.3 * label[owner]).astype(np.float32),
        "gap": np.log1p(gaps).astype(np.float32),
    }
    for name, array in arrays.items():
        np.save(path / f"{name}.npy", array)
    pd.DataFrame(
        {
            CLIENT: [f"c{i:04d}" for i in range(clients)],
            PART: part,
            LABEL: np.where(part == str(Part.UNLABELLED), -1, label),
        }
    ).to_parquet(path / "clients.parquet")
    schema = StoreSchema(categories={"mcc": n_codes, "hour": 26}, amounts=("amount", "gap"), classes=("no", "yes"))
    write_json(path / "store.json", schema)
    return EventStore(path)


@pytest.fixture
def tiny_store(tmp_path) -> EventStore:
    """60 clients of 0 to 300 events, among them an empty one, a one-event one and a long one."""
    lengths = np.random.default_rng(1).integers(20, 80, 60)
    lengths[:3] = 0, 1, 300
    return write_store(tmp_path / "store", lengths)
