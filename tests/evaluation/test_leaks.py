"""What a client that is scored is, tells nothing about him to what scores him."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from coles_ops.config import Evaluation
from coles_ops.evaluation.addition import inner_scores
from coles_ops.evaluation.folds import by_probes, predict_folds
from coles_ops.metrics import roc_auc
from coles_ops.probes import PROBES, Fitting
from coles_ops.protocols import PROTOCOLS, Clients
from coles_ops.targets import Classes

PROBE = {"catboost": {"trees": 20}, "lightgbm": {"trees": 20, "least": 5}}
PROBES_THERE = [name for name in PROBES.names() if name != "lightgbm" or find_spec("lightgbm")]
NAMES = ("crossfit", "holdout", "study", "ptls")


TARGET = Classes(names=("no", "yes"))


def world(protocol, n: int = 240) -> tuple[np.ndarray, Clients]:
    """Features (C, F) that hold the label, and clients in groups of three."""
    rng = np.random.default_rng(0)
    label = np.where(np.arange(n) % 5 == 0, -1, rng.integers(0, 2, n))
    group = np.array([f"g{i // 3}" for i in range(n)])
    features = rng.normal(size=(n, 6)).astype(np.float32) + label[:, None]
    return features, Clients(label, group, protocol.assign(Clients(label, group)).astype(str))


def predicted(protocol, features: np.ndarray, clients: Clients, folds: list) -> tuple[pd.DataFrame, ...]:
    probes = [PROBES.get(name)(**PROBE.get(name, {})) for name in PROBES_THERE]
    learners = by_probes(features.__getitem__, clients, protocol, probes)
    found = predict_folds(learners, clients, folds, protocol, Fitting(TARGET, 1, 0))
    return found.predictions, found.choices, found.inner


def unchanged(before: list[pd.DataFrame], after: list[pd.DataFrame]) -> None:
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_other_labels_and_features_of_those_scored_change_no_fit(name):
    protocol = PROTOCOLS.get(name)(least=2)
    features, clients = world(protocol)
    for fold in protocol.outer_folds(clients)[:2]:
        before, *chosen = predicted(protocol, features, clients, [fold])
        label = clients.label.copy()
        label[fold.test] = 1 - label[fold.test]
        after, *chosen_after = predicted(protocol, features, replace(clients, label=label), [fold])
        probabilities = [column for column in before if column.startswith("p_")]
        assert before[probabilities].to_numpy().tobytes() == after[probabilities].to_numpy().tobytes()
        unchanged(chosen, chosen_after)  # complexity, inner score, threshold; and what training clients are predicted
        strange = features.copy()
        first, *others = fold.test
        strange[first] = 1e6
        after, *chosen_after = predicted(protocol, strange, clients, [fold])
        unchanged(chosen, chosen_after)
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
    table, chosen, inner = predicted(protocol, features, clients, protocol.outer_folds(clients))
    assert (table.groupby(["probe", "repeat", "client_id"]).size() == 1).all()
    assert table.client_id.nunique() == (clients.part == "score").sum()
    assert len(chosen) == 2 * 3 * len(PROBES_THERE)
    assert chosen.inner_score.gt(0.7).all()
    by_hand = inner_scores(inner.assign(representation="a", seed=0), TARGET)  # what was kept gives what was chosen by
    assert by_hand.inner_score.tolist() == pytest.approx(chosen.inner_score.tolist())
    assert by_hand.threshold.tolist() == pytest.approx(chosen.threshold.tolist())


def test_a_feature_that_is_not_finite_raises():
    protocol = PROTOCOLS.get("holdout")(least=2)
    features, clients = world(protocol)
    features[protocol.outer_folds(clients)[0].test[0], 0] = np.nan
    with pytest.raises(AssertionError, match="not finite"):
        predicted(protocol, features, clients, protocol.outer_folds(clients))


def test_trees_counted_by_those_who_are_scored_flatter_them():
    honest, published = (PROTOCOLS.get(name)(least=2) for name in ("study", "study-as-published"))
    _, clients = world(honest)
    (fold,), catboost = honest.outer_folds(clients), PROBES.get("catboost")(trees=100)
    gains = []
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(size=(len(clients.label), 6)).astype(np.float32)
        found = []
        for protocol in (honest, published):
            how = Fitting(TARGET, 1, 0)
            learners = by_probes(noise.__getitem__, clients, protocol, [catboost])
            table = predict_folds(learners, clients, [fold], protocol, how).predictions
            found.append(roc_auc(table.label.to_numpy(), table[["p_0", "p_1"]].to_numpy()))
        gains.append(found[1] - found[0])
    assert min(gains) >= 0
    assert sum(gains) > 0.05


def test_a_protocol_brings_its_probes_unless_others_are_named():
    (probe,) = Evaluation.model_validate({"protocol": "study"}).probes
    assert (probe.name, probe.trees, probe.depth) == ("catboost", 500, 5)
    named = Evaluation.model_validate({"protocol": {"name": "study"}, "probes": ["linear"]})
    assert [probe.name for probe in named.probes] == ["linear"]
    again = Evaluation.model_validate(named.model_dump())
    assert again == named
