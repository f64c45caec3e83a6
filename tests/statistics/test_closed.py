"""Closed forms against made-up scores."""

import numpy as np
import pytest

from coles_ops.statistics.closed import auc_error, r2_error
from coles_ops.statistics.selection import chance_error
from coles_ops.targets import Classes, Number


def test_the_error_of_an_auc_is_how_far_aucs_of_other_clients_lie_apart():
    rng = np.random.default_rng(0)
    positive, negative = rng.exponential(3.0, (2_000, 60)), rng.exponential(1.0, (2_000, 100))  # 3 in 4 pairs in order
    found = (positive[:, :, None] > negative[:, None, :]).mean(axis=(1, 2))
    assert auc_error(0.75, 60, 100) == pytest.approx(found.std(), rel=0.06)
    assert auc_error(0.5, 60, 100) == pytest.approx(chance_error(60, 100), rel=0.02)


def test_the_error_of_an_r2_is_how_far_r2s_of_other_clients_lie_apart():
    rng = np.random.default_rng(0)
    told = rng.normal(0, np.sqrt(0.3), (4_000, 300))
    label = told + rng.normal(0, np.sqrt(0.7), told.shape)
    found = 1 - np.square(label - told).sum(axis=1) / label.var(axis=1) / 300
    assert r2_error(0.3, 300) == pytest.approx(found.std(), rel=0.15)
    assert r2_error(-0.2, 300) > 0


def test_targets_know_the_error_of_their_score():
    labels = np.repeat([0, 1], [100, 60])
    assert Classes(names=("no", "yes")).error(0.75, labels) == pytest.approx(auc_error(0.75, 60, 100), rel=0.05)
    assert Number().error(0.3, np.arange(300.0)) == r2_error(0.3, 300)
