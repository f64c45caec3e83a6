"""The learning curve: fewer labels teach, the same clients are scored."""

import numpy as np
import pandas as pd
import pytest

from coles_ops.evaluation.learning import fewer, learning_curve, taught_by_fewer
from coles_ops.probes import PROBES, Fitting
from coles_ops.protocols import PROTOCOLS, Clients
from coles_ops.targets import Classes

PROTOCOL = PROTOCOLS.get("crossfit")(repeats=2, pretrain=0.1, tuning=0.2)
TARGET = Classes(names=("no", "yes"))


def world(n: int = 900, rare: float = 0.5):
    """Features (C, F) of which all say a little of the label, and clients in groups of three."""
    rng = np.random.default_rng(0)
    label = (rng.random(n // 3).repeat(3) < rare).astype(int)
    group = np.array([f"g{i // 3:03d}" for i in range(n)])
    features = (rng.normal(size=(n, 30)) + 0.25 * label[:, None]).astype(np.float32)
    return features, Clients(label, group, PROTOCOL.assign(Clients(label, group)).astype(str), target=TARGET)


def curve(features: np.ndarray, clients: Clients, sizes=(25, 100, 400)) -> tuple[pd.DataFrame, pd.DataFrame]:
    how, probe = Fitting(TARGET, 1, 0), PROBES.get("linear")()
    folds = PROTOCOL.outer_folds(clients)
    predicted = taught_by_fewer(features.__getitem__, clients, folds, PROTOCOL, probe, how, sizes)
    whose = {"representation": "coles", "seed": 0, "group_id": clients.group[predicted.client_id]}
    return predicted, learning_curve(predicted.assign(**whose), 0.95)


def test_more_labels_teach_more():
    features, clients = world()
    predicted, found = curve(features, clients)
    most = min(len(fold.train) for fold in PROTOCOL.outer_folds(clients))
    assert found.labels.tolist() == [25, 100, 400, most]
    assert found.score.is_monotonic_increasing
    assert found.score.iloc[-1] > found.score.iloc[0] + 0.05
    assert ((found.low < found.score) & (found.score < found.high)).all()
    scored = predicted.groupby("probe").client_id.apply(lambda ids: tuple(sorted(ids)))
    assert scored.nunique() == 1


def test_those_who_teach_are_some_of_a_folds_training_clients_in_whole_groups():
    _, clients = world()
    fold = PROTOCOL.outer_folds(clients)[0]
    some = fewer(fold, 100, clients, seed=1)
    assert len(some.train) == pytest.approx(100, abs=3)
    assert set(some.train) < set(fold.train)
    assert some.test is fold.test
    others = np.setdiff1d(fold.train, some.train)
    assert not set(clients.group[some.train]) & set(clients.group[others])
    assert clients.label[some.train].mean() == pytest.approx(clients.label[fold.train].mean(), abs=0.03)


def test_where_a_class_is_one_group_there_is_a_score_and_no_interval():
    features, clients = world()
    predicted, _ = curve(features, clients, sizes=(100,))
    group = np.where(predicted.label == 1, "one", clients.group[predicted.client_id])
    found = learning_curve(predicted.assign(representation="coles", seed=0, group_id=group), 0.95)
    assert found.score.between(0.5, 1).all()
    assert found[["low", "high"]].isna().all(axis=None)


def test_sizes_at_which_a_class_would_be_lacking_are_left_out():
    _, found = curve(*world(rare=0.1), sizes=(25, 300))
    assert found.labels.tolist()[0] == 300
