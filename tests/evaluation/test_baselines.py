import numpy as np
import pytest

from coles_ops.baselines import BASELINES
from coles_ops.config import Training, load_config
from coles_ops.store import EventStore


@pytest.mark.parametrize("name", BASELINES.names())
def test_every_baseline_gives_finite_features_to_every_client(tiny_store, name):
    features = BASELINES.get(name)(
        tiny_store, load_config("completejourney"), Training(encoder={"name": "gru", "size": 8})
    )(np.arange(60))
    assert features.shape[0] == 60
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert not features[0].any()  # no events
    assert features[1].any()


def plain(store: EventStore, client: int) -> list[float]:
    """The aggregates of one client, the slow way."""
    own = slice(store.offsets[client], store.offsets[client + 1])
    n = own.stop - own.start
    amounts = [store.columns[a][own].astype(float) for a in store.schema.amounts]
    found = [n]
    for a in amounts:
        found += [a.sum(), a.mean(), a.std(), a.min(), a.max()] if n else [0] * 5
    for name, codes in store.schema.categories.items():
        values = store.columns[name][own]
        found.append(len(set(values.tolist())))
        found += [np.count_nonzero(values == c) / max(n, 1) for c in range(1, codes)]
        for a in amounts:
            found += [a[values == c].sum() for c in range(1, codes)]
    return found


def test_aggregates_equal_the_plain_way_in_chunks(tiny_store, monkeypatch):
    module = __import__("coles_ops.baselines.aggregates", fromlist=["x"])
    monkeypatch.setattr(module, "_CHUNK_EVENTS", 150)
    describe = BASELINES.get("aggregates")(tiny_store, load_config("completejourney"), Training())
    features = np.concatenate([describe(rows) for rows in np.array_split(np.arange(60), 3)])
    expected = np.array([plain(tiny_store, client) for client in range(60)])
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4)
