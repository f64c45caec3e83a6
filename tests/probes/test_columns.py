import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from coles_ops.probes.columns import choose_columns
from coles_ops.targets import Classes, Number


def chosen(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return choose_columns(features, Classes().contrasts(labels))


def world(clients: int, columns: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(clients, columns)), rng.integers(0, classes, clients)


def test_those_with_the_best_roc_auc_are_kept_whatever_the_scale():
    features, labels = world(300, 200, 2)
    features[:, 7] = 1.5  # a constant
    features[:, 11] = np.exp(30 * features[:, 11])  # of which the order alone counts
    features[:, 5] = np.round(features[:, 5])  # with ties
    apart = [abs(roc_auc_score(labels, column) - 0.5) for column in features.T]
    expected = np.sort(np.argsort(apart)[-64:])
    found = chosen(features.astype(np.float32), labels)
    assert len(set(found) & set(expected)) >= 63  # ties shrink the spread of ranks a little
    assert np.array_equal(found, np.sort(found))
    assert np.array_equal(found, chosen(features.astype(np.float32), 1 - labels))


def test_one_class_of_many_that_stands_apart_is_seen():
    features, labels = world(400, 300, 5)
    features[:, 123] += 3.0 * (labels == 2)
    assert 123 in chosen(features, labels)


@pytest.mark.parametrize("classes", [2, 4])
def test_of_sparse_features_those_are_kept_that_are_kept_of_dense_ones(classes):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, 300)
    counts = rng.poisson(rng.random(200) + 0.3 * labels[:, None] * (np.arange(200) % 3 == 0))
    counts[:, 5], counts[:, 6] = 0, 1 + counts[:, 6]  # nobody has it; everybody has it
    features = np.log1p(counts).astype(np.float32)
    assert np.array_equal(chosen(sparse.csr_matrix(features), labels), chosen(features, labels))


def test_few_columns_are_kept_whole_but_for_constants_and_many_clients_bear_many():
    features, labels = world(100, 64, 2)
    features[:, 3] = 0
    assert chosen(features, labels).tolist() == [i for i in range(64) if i != 3]
    features, labels = world(1_000, 150, 2)
    assert len(chosen(features, labels)) == 100


def test_of_a_number_those_with_the_best_rank_correlation_are_kept():
    features, label = world(300, 200, 2)[0], np.random.default_rng(1).gamma(1, size=300)
    features[:, 11] += np.log(label)
    expected = np.argsort([abs(spearmanr(column, label).statistic) for column in features.T])[-64:]
    found = choose_columns(features, Number().contrasts(label))
    assert set(found) == set(expected)
    assert np.array_equal(found, choose_columns(features, Number().contrasts(-np.log(label))))
