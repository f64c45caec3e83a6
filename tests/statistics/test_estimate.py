"""Scores of out-of-fold predictions and the parts of their variance, by formulas that are written elsewhere."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from coles_ops.statistics import MSE, ROC_AUC, Design, UndefinedError, estimate, gain, score


def made(n: int = 100, seeds: int = 1, repeats: int = 1, folds: int = 1, seed: int = 0):
    """A design of n clients of two classes, and predictions (S, R, N, 1) that know something."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    numbers = np.stack([rng.permutation(np.arange(n) // 2 % folds) for _ in range(repeats)])
    return Design(truth, numbers, np.arange(n)), rng.normal(size=(seeds, repeats, n, 1)) + truth[:, None]


def test_a_score_is_the_mean_over_folds_and_repeats():
    design, predictions = made(repeats=2, folds=3)
    expected = [
        roc_auc_score(design.truth[folds == k], of_repeat[folds == k, 0])
        for folds, of_repeat in zip(design.folds, predictions[0], strict=True)
        for k in range(3)
    ]
    scored = score(ROC_AUC, design, predictions)
    assert estimate(scored).value == pytest.approx(np.mean(expected))
    np.testing.assert_allclose(scored.influence.sum(axis=-1), 0, atol=1e-12)


def test_the_variance_of_one_fold_is_that_of_delong():
    design, predictions = made()
    scores, positive = predictions[0, 0, :, 0], design.truth == 1
    wins = scores[positive][:, None] > scores[~positive]  # (m, n)
    delong = wins.mean(axis=1).var(ddof=1) / 50 + wins.mean(axis=0).var(ddof=1) / 50
    third = 2 * ((wins.mean() - 0.5) / 50 / 3) ** 2  # of a group at chance, in both classes
    assert estimate(score(ROC_AUC, design, predictions)).clients == pytest.approx(delong + third)


def test_clients_four_times_over_tell_nothing_new():
    design, predictions = made()
    once = estimate(score(ROC_AUC, design, predictions))
    four = Design.holdout(design.truth.repeat(4), design.groups.repeat(4))
    grouped = estimate(score(ROC_AUC, four, predictions.repeat(4, axis=2)))
    assert (grouped.value, grouped.error, grouped.freedom) == pytest.approx((once.value, once.error, once.freedom))
    assert (grouped.n_clients, grouped.n_groups) == (400, 100)
    alone = estimate(score(ROC_AUC, Design.holdout(four.truth), predictions.repeat(4, axis=2)))
    assert alone.error == pytest.approx(once.error / 2, rel=0.02)


def test_few_positives_have_few_degrees_of_freedom():
    rng, truth = np.random.default_rng(0), (np.arange(500) < 6).astype(int)
    found = estimate(score(ROC_AUC, Design.holdout(truth), rng.normal(size=(1, 1, 500, 1)) + truth[:, None]))
    assert 5 <= found.freedom < 6.1


def test_large_groups_count_for_more_than_small_ones():
    truth, groups = np.arange(60) % 2, np.r_[np.zeros(40, int), np.arange(1, 21)]
    predictions = np.random.default_rng(0).normal(size=(1, 1, 60, 1))
    assert estimate(score(MSE, Design.holdout(truth, groups), predictions)).freedom < 2


@pytest.mark.parametrize("groups", [np.arange(20), np.r_[0, 0, np.arange(2, 20)]])
def test_a_class_of_one_client_or_one_group_has_no_interval(groups):
    truth = (np.arange(20) < len(groups) - len(np.unique(groups)) + 1).astype(int)
    scored = score(ROC_AUC, Design.holdout(truth, groups), np.arange(20.0)[None, None, :, None])
    with pytest.raises(UndefinedError, match="a single client, or a single group"):
        estimate(scored)


def test_what_seeds_differ_by_beyond_clients_is_a_part_of_its_own():
    rng, truth = np.random.default_rng(0), np.arange(2000) % 2
    alike = rng.normal(size=(5, 1, 2000, 1)) + truth[:, None]
    unlike = rng.normal(size=(5, 1, 2000, 1)) + truth[:, None] * np.array([0.2, 0.6, 1, 1.4, 1.8])[:, None, None, None]
    parts = [estimate(score(ROC_AUC, Design.holdout(truth), each)) for each in (alike, unlike)]
    assert parts[0].seeds < parts[0].clients / 4
    values = [roc_auc_score(truth, each[0, :, 0]) for each in unlike]
    assert parts[1].seeds == pytest.approx(np.var(values, ddof=1) / 5, rel=0.05)
    assert parts[1].freedom < 5  # of five seeds there are four


def test_a_row_of_one_seed_is_compared_with_every_seed_of_the_other():
    design, predictions = made(seeds=5, repeats=2, folds=2)
    _, other = made(repeats=2, folds=2, seed=1)
    one, two = score(ROC_AUC, design, predictions), score(ROC_AUC, design, other)
    found = estimate(gain(one, two))
    assert found.value == pytest.approx(estimate(one).value - estimate(two).value)
    assert found.n_seeds == 5
    assert estimate(gain(one, one)).error == 0


def test_models_that_hang_on_their_training_clients_have_a_part_for_it():
    design, predictions = made(n=400, repeats=3, folds=5)
    steady = estimate(score(ROC_AUC, design, predictions[:, :1].repeat(3, axis=1)))
    shaky = estimate(score(ROC_AUC, design, predictions))
    assert steady.training < steady.clients / 10
    assert shaky.training == pytest.approx(shaky.clients)  # its bound


def test_how_sure_a_model_is_of_itself_counts_for_nothing():
    design, predictions = made(n=400, repeats=3, folds=5)
    same = predictions[:, :1].repeat(3, axis=1)
    sure = same * (1 + design.folds[None, :, :, None]) + 7 * design.folds[None, :, :, None]
    one, other = (estimate(score(ROC_AUC, design, each)) for each in (same, sure))
    assert (one.value, one.clients) == pytest.approx((other.value, other.clients))
    assert one.training == pytest.approx(other.training)


def test_that_every_fold_has_chosen_the_same_may_be_luck():
    design, predictions = made(n=400, repeats=3, folds=5)
    same = predictions[:, :1].repeat(3, axis=1)
    alone, of_two = (estimate(score(ROC_AUC, design, same, choices)) for choices in (1, 2))
    assert of_two.training == pytest.approx(of_two.clients / 4)
    assert alone.training < alone.clients / 10
    assert estimate(gain(score(ROC_AUC, design, predictions, 2), score(ROC_AUC, design, same))).training > 0


def test_what_is_not_finite_is_no_prediction():
    design, predictions = made()
    predictions[0, 0, 3] = np.nan
    with pytest.raises(ValueError, match="1 predictions are not finite"):
        score(ROC_AUC, design, predictions)


def test_a_fold_without_a_class_is_named():
    design, predictions = made()
    lacking = Design(design.truth, (design.truth == 1)[None].astype(int), design.groups)
    with pytest.raises(UndefinedError, match="fold 0 of repeat 0: ROC-AUC of 0 clients"):
        score(ROC_AUC, lacking, predictions)


def test_an_interval_of_a_score_stays_between_its_bounds():
    truth = np.arange(12) % 2
    found = estimate(score(ROC_AUC, Design.holdout(truth), truth[None, None, :, None].astype(float)))
    low, high = found.interval(0.95)
    assert 0.5 < low < 0.95
    assert high == found.value == 1
