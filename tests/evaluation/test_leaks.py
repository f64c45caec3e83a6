"""What a client that is scored is, tells nothing about him to what scores him."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coles_ops.evaluation.folds import predict_folds
from coles_ops.probes import PROBES, Fitting
from coles_ops.protocols import PROTOCOLS, Clients

PROBE = {"catboost": {"trees": 20}}
NAMES = ("crossfit", "holdout")


def world(protocol, n: int = 240) -> tuple[np.ndarray, Clients]:
    """Features (C, F) that hold the label, and clients in groups of three."""
    rng = np.random.default_rng(0)
    label = np.where(np.arange(n) % 5 == 0, -1, rng.integers(0, 2, n))
    group = np.array([f"g{i // 3}" for i in range(n)])
    features = rng.normal(size=(n, 6)).astype(np.float32) + label[:, None]
    return features, Clients(label, group, protocol.assign(label, group).astype(str))


def predicted(protocol, features: np.ndarray, clients: Clients, folds: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    probes = [PROBES.get(name)(**PROBE.get(name, {})) for name in PROBES.names()]
    return predict_folds(features.__getitem__, clients, folds, protocol, probes, Fitting(2, 1, 0))


@pytest.mark.parametrize("name", NAMES)
def test_other_labels_and_features_of_those_scored_change_no_fit(name):
    protocol = PROTOCOLS.get(name)(least=2)
    features, clients = world(protocol)
    for fold in protocol.outer_folds(clients)[:2]:
        before, chosen = predicted(protocol, features, clients, [fold])
        label = clients.label.copy()
        label[fold.test] = 1 - label[fold.test]
        after, chosen_after = predicted(protocol, features, replace(clients, label=label), [fold])
        probabilities = [column for column in before if column.startswith("p_")]
        assert before[probabilities].to_numpy().tobytes() == after[probabilities].to_numpy().tobytes()
        pd.testing.assert_frame_equal(chosen, chosen_after)  # complexity, inner score and threshold
        strange = features.copy()
        first, *others = fold.test
        strange[first] = 1e6
        after, chosen_after = predicted(protocol, strange, clients, [fold])
        pd.testing.assert_frame_equal(chosen, chosen_after)
        kept = before.client_id.isin(others)
        pd.testing.assert_frame_equal(before[kept], after[kept])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_who_has_no_part_in_a_fold_is_read(name):
    protocol = PROTOCOLS.get(name)(least=2)
    features, clients = world(protocol)
    folds = protocol.outer_folds(clients)[:2]
    seen = np.unique(np.concatenate([np.concatenate([fold.train, fold.test]) for fold in folds]))
    hidden = features.copy()
    hidden[np.setdiff1d(np.arange(len(features)), seen)] = np.nan
    for one, other in zip(
        predicted(protocol, features, clients, folds), predicted(protocol, hidden, clients, folds), strict=True
    ):
        pd.testing.assert_frame_equal(one, other)


def test_every_scored_client_is_predicted_once_a_repeat():
    protocol = PROTOCOLS.get("crossfit")(least=2, folds=3, repeats=2)
    features, clients = world(protocol)
    table, chosen = predicted(protocol, features, clients, protocol.outer_folds(clients))
    assert (table.groupby(["probe", "repeat", "client_id"]).size() == 1).all()
    assert table.client_id.nunique() == (clients.part == "score").sum()
    assert len(chosen) == 2 * 3 * len(PROBES.names())
    assert chosen.inner_roc_auc.gt(0.7).all()


def test_a_feature_that_is_not_finite_raises():
    protocol = PROTOCOLS.get("holdout")(least=2)
    features, clients = world(protocol)
    features[protocol.outer_folds(clients)[0].test[0], 0] = np.nan
    with pytest.raises(AssertionError, match="not finite"):
        predicted(protocol, features, clients, protocol.outer_folds(clients))
