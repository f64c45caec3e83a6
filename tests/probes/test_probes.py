"""Probes learn, choose their complexity within the training clients, and know nothing of those they predict."""

from importlib.util import find_spec

import numpy as np
import pytest
from scipy import sparse

from coles_ops.metrics import roc_auc
from coles_ops.probes import PROBES, Fitting, Labelled, Probe
from coles_ops.probes.linear import linear_score
from coles_ops.targets import Classes

NAMES = [name for name in PROBES.names() if name != "lightgbm" or find_spec("lightgbm")]


def probe(name: str) -> Probe:
    return PROBES.get(name)(**{"catboost": {"trees": 40}, "lightgbm": {"trees": 40, "least": 5}}.get(name, {}))


def labelled(n: int, seed: int, classes: int = 2, signal: float = 1.0) -> Labelled:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    return Labelled((rng.normal(size=(n, 4)) + signal * labels[:, None]).astype(np.float32), labels)


def how(classes: int = 2) -> Fitting:
    return Fitting(Classes(names=tuple("abc"[:classes])), threads=1, seed=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [2, 3])
def test_probes_learn(name, classes):
    train, test = labelled(300, 0, classes), labelled(90, 1, classes)
    fitted = probe(name).fit(train, np.arange(300) // classes % 3, how(classes))
    found = fitted.predict(test.features)
    assert found.shape == (90, classes)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert roc_auc(test.labels, found) > 0.85
    assert fitted.score == pytest.approx(roc_auc(train.labels, fitted.out_of_fold), abs=0.03)
    assert fitted.complexity in probe(name).complexities


@pytest.mark.parametrize("name", NAMES)
def test_the_inner_score_is_of_clients_that_the_fit_has_not_seen(name):
    """Noise that is learnt by heart scores one half or less: by clients it was fitted on it scored 1."""
    noise = labelled(200, 0, signal=0.0)
    inner = np.arange(200) // 2 % 4
    fitted = probe(name).fit(noise, inner, how())
    assert fitted.score < 0.65
    changed = noise.labels.copy()
    changed[inner == 0] = 1 - changed[inner == 0]  # who is predicted changes his label: his prediction is the same
    again = probe(name).fit(Labelled(noise.features, changed), inner, how())
    at = probe(name).complexities.index
    paths = [_path(name, noise.features, labels, inner) for labels in (noise.labels, changed)]
    assert np.array_equal(paths[0][:, inner == 0], paths[1][:, inner == 0])
    np.testing.assert_allclose(paths[0][at(fitted.complexity)], fitted.out_of_fold)
    np.testing.assert_allclose(paths[1][at(again.complexity)], again.out_of_fold)


def _path(name: str, features: np.ndarray, labels: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """What each inner fold is predicted at every complexity."""
    found = np.empty((len(probe(name).complexities), len(inner), 2))
    for number in np.unique(inner):
        own = inner == number
        found[:, own] = probe(name).path(Labelled(features[~own], labels[~own]), features[own], how())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_sparse_features_tell_what_dense_ones_do(name):
    labels, rng = np.arange(300) % 2, np.random.default_rng(0)
    counts = np.log1p(rng.poisson(0.3 + 0.5 * labels[:, None], (300, 8))).astype(np.float32)
    dense, thin = (Labelled(of(counts), labels) for of in (np.asarray, sparse.csr_matrix))
    found = [probe(name).fit(each, np.arange(300) // 2 % 3, how()) for each in (dense, thin)]
    told = [fitted.predict(each.features) for fitted, each in zip(found, (dense, thin), strict=True)]
    np.testing.assert_allclose(told[1], told[0], atol=1e-2)
    np.testing.assert_allclose(found[1].out_of_fold, found[0].out_of_fold, atol=1e-2)
    assert roc_auc(labels, told[1]) > 0.7


def test_of_sparse_counts_a_line_hears_the_frequent_before_the_rare():
    """Twelve codes that many have tell the label, and 3,000 that few have are chance."""
    rng, labels = np.random.default_rng(0), np.arange(600) % 2
    often = rng.poisson(0.8 + 0.35 * labels[:, None], (600, 12))
    counts = sparse.csr_matrix(np.log1p(np.hstack([often, rng.poisson(0.01, (600, 3_000))])).astype(np.float32))
    train, test = (Labelled(counts[rows], labels[rows]) for rows in (slice(0, 400), slice(400, 600)))
    told = probe("linear").fit(train, np.arange(400) // 2 % 3, how()).predict(test.features)
    assert roc_auc(test.labels, told) > 0.7


def test_a_line_is_drawn_through_all_sparse_counts_and_trees_through_chosen_ones():
    labels, rng = np.arange(300) % 2, np.random.default_rng(0)
    counts = np.log1p(rng.poisson(0.3, (300, 90))).astype(np.float32)
    counts[:, 7] = 1
    seen = {
        (name, of): len(probe(name).seen(Labelled(of(counts), labels), how()))
        for name in ("catboost", "linear")
        for of in (np.asarray, sparse.csr_matrix)
    }
    assert [*seen.values()] == [64, 64, 64, 89]


@pytest.mark.parametrize("name", NAMES)
def test_of_noise_little_is_learnt_and_of_much_signal_more(name):
    inner = np.arange(240) // 2 % 3
    noise, signal = (probe(name).fit(labelled(240, 3, signal=s), inner, how()) for s in (0.0, 1.5))
    spread = [np.ptp(fitted.predict(labelled(100, 4).features)[:, 1]) for fitted in (noise, signal)]
    assert spread[0] < spread[1]


def test_the_same_fit_gives_the_same_bytes():
    train, inner = labelled(200, 0), np.arange(200) // 2 % 3
    one, other = (probe("catboost").fit(train, inner, how()).predict(train.features) for _ in range(2))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(("trees", "stages"), [(5, [5]), (10, [10]), (25, [10, 20, 25]), (30, [10, 20, 30])])
def test_every_tenth_tree_is_a_complexity_and_the_last_one(trees, stages):
    catboost = PROBES.get("catboost")(trees=trees)
    train = labelled(60, 0)
    assert catboost.complexities == stages
    path = catboost.path(train, train.features, how())
    assert len(path) == len(stages)
    refitted = catboost.model(train, stages[0], how())(train.features)
    np.testing.assert_allclose(path[0], refitted)  # a stage is what a fit of so many trees gives


def test_the_probe_of_a_training_learns():
    assert linear_score([(labelled(200, 0), labelled(100, 1))], how().target) > 0.9
