"""A number as a target: what its labels, predictions and scores are."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, r2_score

from coles_ops.preprocess.split import assign_parts
from coles_ops.probes import PROBES, Fitting, Labelled
from coles_ops.protocols import PROTOCOLS, Clients
from coles_ops.schema import DataError, Part
from coles_ops.statistics import R2, best_r2_of_noise
from coles_ops.targets import Number

NUMBER = Number()
RNG = np.random.default_rng(0)
PROBE = {"catboost": {"trees": 150}, "lightgbm": {"trees": 60, "least": 5}}
PROTOCOL = [("crossfit", {}), ("holdout", {}), ("study", {}), ("ptls", {}), ("time", {"date": "2024-06-01"})]


def people(n: int = 300) -> pd.DataFrame:
    """Every fifth without a label; the others with one of a long tail, two of a group alike."""
    label = np.exp(np.random.default_rng(1).normal(size=n // 2)).repeat(2) - 1
    text = [None if i % 5 == 4 else repr(float(value)) for i, value in enumerate(label)]
    ids = [f"c{i:04d}" for i in range(n)]
    group = [f"g{i // 2:04d}" for i in range(n)]
    return pd.DataFrame({"client_id": ids, "n_events": 10, "label": text, "group_id": group, "cut": pd.NaT})


def test_labels_are_read_as_the_doubles_they_are():
    texts = pd.Series(["-1.5", None, repr(0.1 + 0.2), "1.0E10"])
    found = NUMBER.encode(texts)
    assert found[[0, 2, 3]].tolist() == [-1.5, 0.1 + 0.2, 1e10]
    assert NUMBER.known(found).tolist() == [True, False, True, True]
    with pytest.raises(DataError, match=r"2 labels are no finite numbers, such as 'inf', 'abc'"):
        NUMBER.encode(pd.Series(["1", "inf", "abc"]))


def test_strata_are_tenths_and_fewer_where_many_are_equal():
    labels = np.r_[RNG.normal(size=1000), np.nan]
    found = NUMBER.strata(labels)
    assert np.bincount(found[:-1]).tolist() == [100] * 10
    assert found[-1] == -1
    assert np.all(np.diff(found[np.argsort(labels[:-1])]) >= 0)
    assert len(np.unique(NUMBER.strata(np.r_[np.zeros(70), np.arange(1, 31)]))) == 4
    assert NUMBER.strata(np.full(3, np.nan)).tolist() == [-1] * 3


@pytest.mark.parametrize(("name", "options"), PROTOCOL)
def test_every_protocol_deals_out_labels_of_all_sizes_and_groups_whole(name, options):
    protocol = PROTOCOLS.get(name)(**options)
    days = pd.to_timedelta(np.random.default_rng(2).integers(0, 300, 150).repeat(2), unit="D")
    table = assign_parts(people().assign(cut=pd.Timestamp("2024-01-01") + days), protocol, lambda _: NUMBER)
    label = NUMBER.encode(table.label)
    clients = Clients(label, table.group_id.to_numpy(str), table.part.to_numpy(str), target=NUMBER)
    assert table.groupby("group_id").part.agg(lambda parts: len({*parts} - {"apart", "pretrain"})).max() <= 1
    folds = protocol.outer_folds(clients)
    assert all(np.isfinite(label[np.r_[fold.train, fold.test]]).all() for fold in folds)
    medians = [np.median(label[fold.test]) for fold in folds]
    assert np.ptp(medians) < 0.5 * label[clients.rows(Part.SCORE)].std()
    permuted = clients.permuted(0)
    for part in (Part.TUNE, Part.SCORE):
        own = clients.rows(part)
        assert sorted(permuted.label[own]) == sorted(label[own])
    assert not np.array_equal(permuted.label[clients.rows(Part.SCORE)], label[clients.rows(Part.SCORE)])


def test_labels_that_leave_nothing_to_predict_or_are_too_few_are_one_message():
    with pytest.raises(DataError, match=r"all labels are 3\.5: at least 2 different numbers are needed"):
        assign_parts(people().assign(label="3.5"), PROTOCOLS.get("crossfit")(), lambda _: NUMBER)
    few = people(30)
    with pytest.raises(DataError, match=r"24 clients have a label, of whom \d would be scored in a fold; at least 5"):
        assign_parts(few, PROTOCOLS.get("crossfit")(), lambda _: NUMBER)
    rare = people().assign(label=["7.0", *["0.0"] * 299])
    with pytest.raises(DataError, match=r"of \d+ clients that would be .* all labels are 0: label more clients"):
        assign_parts(rare, PROTOCOLS.get("crossfit")(), lambda _: NUMBER)


def test_scores_are_those_of_scikit_learn_over_all_models_together():
    truth, predicted = RNG.gamma(1, size=90), RNG.gamma(1, size=(90, 1))
    found = NUMBER.scores(truth, predicted, np.nan)
    assert list(found) == list(NUMBER.titles)
    assert found["r2"] == pytest.approx(r2_score(truth, predicted))
    assert found["mae"] == pytest.approx(mean_absolute_error(truth, predicted))
    assert found["spearman"] == pytest.approx(spearmanr(truth, predicted[:, 0]).statistic)
    assert (found["label_mean"], found["label_deviation"]) == pytest.approx((truth.mean(), truth.std()))
    parts = [(truth[rows], predicted[rows]) for rows in np.array_split(np.arange(90), 3)]
    assert NUMBER.score(parts) == pytest.approx(found["r2"])
    assert NUMBER.scores(truth, np.ones((90, 1)), np.nan)["spearman"] == 0  # of a constant no rank is known


def test_the_best_r2_of_noise_is_at_most_what_a_simulation_gives():
    truth, noise = RNG.normal(size=160), RNG.normal(size=(2000, 6, 160))
    truth -= truth.mean()
    centred = noise - noise.mean(axis=-1, keepdims=True)
    squared = (centred @ truth) ** 2 / (np.square(centred).sum(axis=-1) * np.square(truth).sum())
    mean, bound = best_r2_of_noise(6, 160)
    assert squared.max(axis=1).mean() == pytest.approx(mean, abs=0.001)
    assert np.mean(squared.max(axis=1) < bound) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("name", PROBES.names())
def test_probes_predict_a_number_whatever_its_scale(name):
    train, test = ((f := RNG.normal(size=(n, 4)).astype(np.float32), 1e6 * (5 + f[:, 0] + f[:, 1])) for n in (300, 100))
    probe = PROBES.get(name)(**PROBE.get(name, {}))
    how, inner = Fitting(NUMBER, threads=1, seed=0), np.arange(300) % 3
    fitted = probe.fit(Labelled(*train), inner, how)
    found = fitted.predict(test[0])
    assert found.shape == (100, 1)
    assert r2_score(test[1], found) > 0.6
    assert fitted.score == pytest.approx(r2_score(train[1], fitted.out_of_fold))
    noise = probe.fit(Labelled(train[0], RNG.permutation(train[1])), inner, how)
    assert noise.score < 0.1  # by clients that the fit has not seen
    assert fitted.complexity in probe.complexities


def test_labels_in_a_table_are_told_by_how_they_are_spread():
    counts = NUMBER.counts(np.array([1.0, np.nan, 2.0, 6.0]))
    assert counts == pytest.approx(
        {"clients": 3, "mean": 3, "deviation": np.std([1, 2, 6]), "least": 1, "median": 2, "greatest": 6}
    )
    assert R2.key in NUMBER.titles
