"""Folds and parts: groups stay whole, classes are in like shares, and nobody is scored by what saw him."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coles_ops.preprocess.split import assign_parts
from coles_ops.protocols import PROTOCOLS, Clients, Protocol
from coles_ops.protocols.folds import fold_numbers, sampled
from coles_ops.schema import FITS, DataError, Part

NAMES = ("crossfit", "holdout", "study", "ptls")


def protocol(name: str, **options) -> Protocol:
    return PROTOCOLS.get(name)(**options)


def people(n: int, groups: int | None = None, unlabelled: int = 5) -> pd.DataFrame:
    """Every fifth, or so, without a label; the others of two classes."""
    ids = [f"c{i:04d}" for i in range(n)]
    label = [None if i % unlabelled == unlabelled - 1 else str(i // 3 % 2) for i in range(n)]
    group = None if groups is None else [f"g{i * 7919 % groups:04d}" for i in range(n)]
    return pd.DataFrame({"client_id": ids, "n_events": 10, "label": label, "group_id": group, "cut": pd.NaT})


def clients(table: pd.DataFrame) -> Clients:
    label = pd.factorize(table.label, sort=True)[0]
    return Clients(label, table.group_id.to_numpy(str), table.part.to_numpy(str))


@given(n=st.integers(20, 300), folds=st.integers(2, 7), seed=st.integers(0, 10**9), rare=st.floats(0.02, 0.5))
@settings(max_examples=50, deadline=None)
def test_each_fold_has_its_share_of_each_class(n, folds, seed, rare):
    label = (np.random.default_rng(seed).random(n) < rare).astype(int)
    found = fold_numbers(label, np.arange(n), folds, seed)
    for k in (0, 1):
        counts = np.bincount(found[label == k], minlength=folds)
        assert counts.max() - counts.min() <= 1
    taken = sampled(label, np.arange(n), 1 / folds, seed)
    for k in (0, 1):
        assert abs(taken[label == k].sum() - (label == k).sum() / folds) <= 1


@given(seed=st.integers(0, 10**9), groups=st.integers(20, 60))
@settings(max_examples=30, deadline=None)
def test_groups_are_whole_and_classes_are_alike_in_counts_of_clients(seed, groups):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, 400)
    label = rng.integers(-1, 2, 400)  # also members without a label
    found = fold_numbers(label, group, 4, seed)
    assert pd.DataFrame({"group": group, "fold": found}).groupby("group").fold.nunique().max() == 1
    largest = np.bincount(group).max()
    for k in (0, 1):
        counts = np.bincount(found[label == k], minlength=4)
        assert counts.max() - counts.min() <= 2 * largest


def test_a_household_of_both_classes_counts_in_both():
    """Its label used to be the lesser of the two: groups of four gave 15 positives of 100 to the test part, not 20."""
    rng = np.random.default_rng(0)
    group, label = np.repeat(np.arange(100), 4), (rng.random(400) < 0.25).astype(int)
    found = fold_numbers(label, group, 5, 0)
    positives = np.bincount(found[label == 1], minlength=5)
    assert positives.max() - positives.min() <= 4


@pytest.mark.parametrize("name", NAMES)
def test_neither_the_order_of_rows_nor_other_seeds_are_seen(name):
    one = assign_parts(people(300), protocol(name))
    pd.testing.assert_frame_equal(one, assign_parts(people(300).sample(frac=1, random_state=1), protocol(name)))
    assert not one.part.equals(assign_parts(people(300), protocol(name, seed=1)).part)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("groups", [None, 90])
def test_nobody_is_scored_by_what_saw_him_or_his_group(name, groups):
    table = assign_parts(people(400, groups), protocol(name))
    found = clients(table)
    seen = set(found.group[found.rows(*FITS)])
    scored = found.rows(Part.SCORE)
    assert not seen & set(found.group[scored])
    assert not seen & set(found.group[found.rows(Part.TUNE)])
    folds = protocol(name).outer_folds(found)
    for fold in folds:
        assert not set(found.group[fold.train]) & set(found.group[fold.test])
        assert (found.label[np.concatenate([fold.train, fold.test])] >= 0).all()
        inner = protocol(name).inner_folds(found, fold)
        for number in range(3):
            own = found.group[fold.train[inner == number]]
            assert not set(own) & set(found.group[fold.train[inner != number]])
    for repeat in {fold.repeat for fold in folds}:
        tested = np.concatenate([fold.test for fold in folds if fold.repeat == repeat])
        assert np.array_equal(np.sort(tested), scored)
    for fold in protocol(name).tuning_folds(found):
        assert not set(np.concatenate([fold.train, fold.test])) & set(scored)
        assert not set(found.group[fold.train]) & set(found.group[fold.test])
    assert (table[table.part == "apart"].label.isna()).all()
    assert (table[table.part == "apart"].group_id.isin(found.group[found.rows(Part.SCORE, Part.TUNE)])).all()


def test_repeats_deal_anew():
    found = clients(assign_parts(people(300), protocol("crossfit")))
    first = [fold.test.tolist() for fold in protocol("crossfit").outer_folds(found) if fold.number == 0]
    assert len({tuple(test) for test in first}) == 3


@pytest.mark.parametrize(("unlabelled", "expected"), [(2, 0.5), (10, 0.4), (10**6, 0.4)])
def test_where_too_few_lack_a_label_some_with_one_join_them(unlabelled, expected):
    table = assign_parts(people(400, unlabelled=unlabelled), protocol("crossfit"))
    assert (table.part == "pretrain").mean() == pytest.approx(expected, abs=0.01)
    rest = table[table.part != "pretrain"]
    assert (rest.part == "tune").mean() == pytest.approx(0.2, abs=0.02)


def test_holdout_has_the_shares_of_the_configuration():
    table = assign_parts(people(400), protocol("holdout", tuning=0.1, test=0.3))
    share = table[table.label.notna()].part.value_counts(normalize=True)
    assert share.to_dict() == pytest.approx({"train": 0.6, "tune": 0.1, "score": 0.3}, abs=0.01)
    assert set(table[table.label.isna()].part) == {"pretrain"}


@pytest.mark.parametrize("name", NAMES)
def test_a_rare_class_is_one_message_that_says_what_to_do(name):
    few = people(200)
    few.loc[few.index[:4], "label"] = "rare"
    with pytest.raises(DataError, match=r"class 'rare' has 4 labelled clients, of whom \d would be .*join it.*fewer"):
        assign_parts(few, protocol(name))
    with pytest.raises(DataError, match=r"of 1 class\(es\), 0: at least 2"):
        assign_parts(people(100).assign(label="0"), protocol(name))


def test_labels_of_later_are_scored_by_what_was_known_before():
    table = people(400, groups=90).assign(cut=pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(400), unit="D"))
    table.loc[table.label.isna() & (table.index % 2 == 0), "cut"] = pd.NaT  # read to the end of the data
    day = pd.Timestamp("2024-12-01")
    found = assign_parts(table, protocol("time", date="2024-12-01"))
    merged = found.merge(table[["client_id", "cut"]])
    assert (merged[merged.part == "score"].cut >= day).all()
    seen = merged[merged.part.isin(["pretrain", "train", "tune"])]
    assert (seen.cut <= day).all()
    assert not set(seen.group_id) & set(merged[merged.part == "score"].group_id)
    assert {"pretrain", "train", "tune", "score", "apart"} == set(found.part)
    with pytest.raises(DataError, match=r"labels have no time.*dataset\.label_time"):
        assign_parts(people(400), protocol("time", date="2024-12-01"))
