"""Counts, topics and RFM against what one computes by hand."""

from collections import Counter

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import nnls
from stores import write_store
from tables import purchases, write_world

from coles_ops.aggregates.bags import Bags
from coles_ops.artefacts import fingerprint
from coles_ops.config import ConfigError
from coles_ops.factors.counts import Counts
from coles_ops.factors.decompositions import nearest_shares
from coles_ops.factors.rfm import Rfm
from coles_ops.factors.topics import Topics
from coles_ops.representations import Factored
from coles_ops.schema import Part
from coles_ops.store import EventStore


def bags(store: EventStore, name: str) -> list[Counter]:
    """Codes of each client, counted."""
    pairs = zip(store.offsets, store.offsets[1:], strict=False)
    return [Counter(store.columns[name][start:end].tolist()) for start, end in pairs]


def fitted_on(store: EventStore) -> np.ndarray:
    return store.rows(Part.PRETRAIN, Part.TRAIN, min_events=1)


def tfidf(store: EventStore) -> np.ndarray:
    """(C, V) of codes 1 .. V, each client of length one."""
    counts = np.array([[bag[code] for code in range(1, 11)] for bag in bags(store, "mcc")])
    fits = fitted_on(store)
    weights = np.log1p(counts) * (np.log((1 + len(fits)) / (1 + (counts[fits] > 0).sum(axis=0))) + 1)
    return weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)


def test_counts_are_of_the_codes_that_enough_clients_have(tiny_store):
    found, fits = bags(tiny_store, "mcc"), fitted_on(tiny_store)
    clients = {code: sum(code in found[row] for row in fits) for code in range(1, 11)}
    least = sorted(clients.values())[4]
    expected = [[np.log1p(bag[code]) for code in range(1, 11) if clients[code] >= least] for bag in found]
    counts = Counts(min_clients=least).fit(tiny_store, None)(np.arange(60))
    np.testing.assert_allclose(counts.toarray(), expected, rtol=1e-6)
    both = Counts(columns=("hour", "mcc"), min_clients=1).fit(tiny_store, None)(np.arange(60))
    assert both[:, -10:].astype(bool).sum() == sum(len(bag) for bag in found)
    assert both.shape[1] == len({code for row in fits for code in bags(tiny_store, "hour")[row]}) + 10
    assert Counts(min_clients=1_000).fit(tiny_store, None)(np.arange(60)).shape == (60, 10)  # none has so many: all


def test_columns_that_give_clients_away_are_left_out_unless_they_are_named(tiny_store):
    categories = {"mcc": 12, "hour": 26, "who": 90}
    schema = tiny_store.schema.model_copy(update={"categories": categories, "identity": {"who": 0.9, "mcc": 0.1}})
    vars(tiny_store)["schema"] = schema
    assert Bags.of(tiny_store, None, None).columns == ("mcc",)
    assert Bags.of(tiny_store, ("who", "hour"), None).columns == ("who", "hour")
    vars(tiny_store)["schema"] = schema.without(["mcc"])
    assert Bags.of(tiny_store, None, None).columns == ("who",)
    vars(tiny_store)["schema"] = schema.without(["mcc", "who"])
    assert Bags.of(tiny_store, None, None).columns == ("hour",)


def test_topics_of_nmf_come_nearest_to_the_clients(tiny_store):
    weights = tfidf(tiny_store)
    found = Topics(size=4).fit(tiny_store, None)(np.arange(60))
    parts = np.linalg.lstsq(found, weights, rcond=None)[0]  # (K, V)
    assert found.shape == (60, 4)
    assert (found >= 0).all()
    assert np.linalg.norm(weights - found @ parts) < 1.1 * np.linalg.norm(np.linalg.svd(weights)[1][4:])
    parts = np.random.default_rng(0).random((4, 10))
    expected = [nnls(parts.T, row)[0] for row in weights]
    np.testing.assert_allclose(nearest_shares(sparse.csr_matrix(weights), parts), expected, atol=5e-3)


def test_topics_of_lsa_are_the_leading_singular_vectors(tiny_store):
    found = Topics(method="lsa", size=4).fit(tiny_store, None)(np.arange(60))
    weights, fits = tfidf(tiny_store), fitted_on(tiny_store)
    axes = np.linalg.svd(weights[fits])[2][:4]  # (K, V)
    np.testing.assert_allclose(np.abs(found), np.abs(weights @ axes.T), atol=1e-4)


def test_topics_of_ppmi_put_together_what_stands_near_each_other(tiny_store):
    for client, (start, end) in enumerate(zip(tiny_store.offsets, tiny_store.offsets[1:], strict=False)):
        tiny_store.columns["mcc"][start:end] = 1 + 2 * (client % 2) + np.arange(end - start) // 9 % 2
    found = Topics(method="ppmi", size=3).fit(tiny_store, None)(np.arange(2, 60))
    likeness = found @ found.T / np.linalg.norm(found, axis=1) / np.linalg.norm(found, axis=1)[:, None]
    same = np.arange(58) % 2 == np.arange(58)[:, None] % 2
    np.testing.assert_allclose(likeness, same, atol=0.05)


def test_ppmi_of_histories_shorter_than_its_window(tiny_store):
    short = write_store(tiny_store.path.parent / "short", np.full(2, 2))
    assert np.isfinite(Topics(method="ppmi", size=2, window=5).fit(short, None)(np.arange(2))).all()


def test_rfm_names_no_code(tiny_store):
    found = Rfm().fit(tiny_store, None)(np.arange(60))
    tiny_store.columns["mcc"][:] = 11 - tiny_store.columns["mcc"]
    np.testing.assert_allclose(Rfm().fit(tiny_store, None)(np.arange(60)), found, atol=1e-6)
    assert Rfm(days=(7,)).fit(tiny_store, None)(np.arange(60)).shape[1] == found.shape[1] - 4 * 4


def test_a_factor_learns_from_a_seeded_sample_of_those_who_train_encoders(tiny_store):
    samples = [Counts(clients=9, seed=seed).sample(tiny_store) for seed in (0, 0, 1)]
    assert np.array_equal(samples[0], samples[1])
    assert not np.array_equal(samples[0], samples[2])
    assert len(samples[0]) == 9
    assert np.isin(samples, fitted_on(tiny_store)).all()
    assert np.array_equal(Counts().sample(tiny_store), fitted_on(tiny_store))


def test_what_was_described_by_other_options_is_not_taken_for_the_same():
    options = Topics(), Topics(seed=1), Topics(method="lsa"), Topics(columns=("mcc",)), Counts(), Counts(min_clients=2)
    made = [Factored(id="x", name="x", options=each).made_from() for each in (*options, Topics())]
    assert len({fingerprint(*each) for each in made}) == len(options)


def test_columns_are_named_as_the_user_knows_them(tmp_path):
    events, people = purchases(20)
    world = events.rename(columns={"mcc": "hour"}), people
    dataset = write_world(tmp_path / "w", events, people).dataset.model_dump(exclude_unset=True, by_alias=True)
    dataset["categories"] = ["hour"]

    def config(*representations: object):
        return write_world(tmp_path, *world, dataset=dataset, evaluation={"representations": representations})

    counts = config({"name": "counts", "columns": ["hour"]}).evaluation.representations[0]
    assert counts.renamed(config().dataset.stored).columns == ("%68our",)
    with pytest.raises(ConfigError, match=r"counts names mcc, which holds no codes; known: hour, hour, weekday"):
        config({"name": "counts", "columns": ["mcc"]})
    with pytest.raises(ConfigError, match=r"topics is there twice: give one of them a variant"):
        config("topics", {"name": "topics", "method": "lsa"})
    both = config("topics", {"name": "topics", "method": "lsa", "variant": "lsa"})
    assert [each.row for each in both.evaluation.representations] == ["topics", "topics-lsa"]
    with pytest.raises(ConfigError, match=r"unknown representation 'words'; known: counts, finetuned, rfm,"):
        config("words")
