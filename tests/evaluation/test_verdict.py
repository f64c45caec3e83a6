"""The verdict of long tables as evaluations write them, in words."""

import numpy as np
import pandas as pd
import pytest
from evaluations import row

from coles_ops.config import Evaluation
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.evaluation.words import best_by_chance
from coles_ops.schema import Outcome
from coles_ops.statistics import estimate
from coles_ops.targets import Classes

ROWS = {
    "coles": ("coles", False, "CoLES (gru · 64)"), "best": ("all", False, "topics"),
    "best_addition": ("all", True, "rfm"), "aggregates+coles": ("coles", True, "CoLES (gru · 64)"),
    "aggregates": ("aggregates", False, "aggregates"), "random_encoder": ("random_encoder", False, "random encoder"),
}  # fmt: skip
CLASSES = Classes(names=("no", "yes"))


def long_table(
    knows: dict[str, float], n: int = 400, seeds: int = 1, repeats: int = 1, folds: int = 1, per_group: int = 1
):
    """Predictions by rows that know so much of the label; members of a group share label and noise."""
    rng = np.random.default_rng(0)
    group = np.arange(n) // per_group
    label, shared, found = group % 2, rng.normal(size=n // per_group)[group], []
    for repeat in range(repeats):
        fold = rng.permutation(np.arange(n) // 2 % folds)
        for name, much in knows.items():
            for seed in range(seeds if name == "coles" else 1):
                value = 1 / (1 + np.exp(-(much * label + shared + rng.normal(size=n) / (10 if per_group > 1 else 1))))
                found.append(pd.DataFrame({
                    "representation": name, "seed": seed, "probe": "catboost", "repeat": repeat, "fold": fold,
                    "client_id": [f"c{i:03d}" for i in range(n)], "group_id": [f"g{g}" for g in group],
                    "label": label, "p_0": 1 - value, "p_1": value,
                }))  # fmt: skip
    return pd.concat(found).sample(frac=1, random_state=0)


def told_of(table: pd.DataFrame, candidates: int = 1, **how):
    """The verdict of a long table."""
    there = set(table.representation)
    rows = {name: row(*about, candidates=candidates) for name, about in ROWS.items() if name in there}
    return reach_verdict(table, rows, ("t", "gru · 64", "coles"), Evaluation(), CLASSES, **how)


def reached(knows: dict[str, float], **how):
    return told_of(long_table({"random_encoder": 0.0} | knows, **how))


@pytest.mark.parametrize(("knows", "outcome"), [(3.0, Outcome.BETTER), (1.0, Outcome.UNDECIDED), (0.3, Outcome.WORSE)])
def test_outcome_and_figures_are_said(knows, outcome):
    verdict = reached({"coles": knows, "aggregates": 1.0})
    assert verdict.outcome is outcome
    told = verdict.compared[0]
    said = f"CoLES (gru · 64) against plain aggregates: {outcome}. ROC-AUC {told.score:.3f} against "
    assert said in verdict.sentence
    assert f"interval {told.interval[0]:+.3f} to {told.interval[1]:+.3f}, over 400 clients. " in verdict.sentence
    assert f"A true difference of {told.detectable:.3f} would be seen four times in five" in verdict.sentence
    assert told.difference == pytest.approx(told.score - verdict.baseline_score)


def test_what_is_the_same_is_equivalent():
    table = long_table({"coles": 1.0, "random_encoder": 0.0})
    same = table[table.representation == "coles"].assign(representation="aggregates")
    verdict = told_of(pd.concat([table, same]))
    assert "against plain aggregates: equivalent within 0.01. " in verdict.sentence
    assert "would be seen" not in verdict.sentence  # nothing is known of it


def test_labels_needed_are_said_to_two_digits():
    verdict = reached({"coles": 1.2, "aggregates": 1.0})
    assert verdict.compared[0].labels > 400
    assert f"about {float(f'{verdict.compared[0].labels:.1e}'):,.0f} labels must be scored." in verdict.sentence


def test_members_of_a_group_are_no_further_evidence():
    grouped, alone = (reached({"coles": 1.5, "aggregates": 1.0}, n=400, per_group=k) for k in (4, 1))
    assert (grouped.n_clients, grouped.n_groups) == (400, 100)
    table = long_table({"coles": 1.5, "aggregates": 1.0, "random_encoder": 0.0}, per_group=4)
    ignored = told_of(table.assign(group_id=table.client_id))
    assert grouped.compared[0].error > 1.5 * ignored.compared[0].error
    assert alone.n_groups == 400


def test_seeds_repeats_and_folds_of_a_table_become_axes():
    table = long_table({"coles": 1.0, "aggregates": 1.0, "random_encoder": 0.0}, seeds=3, repeats=2, folds=5)
    found = OutOfFold.of(table, "catboost")
    assert found.predictions["coles"].shape == (3, 2, 400, 2)
    assert found.predictions["aggregates"].shape == (1, 2, 400, 2)
    (one,) = table[
        (table.representation == "coles") & (table.seed == 2) & (table.repeat == 1) & (table.client_id == "c007")
    ].p_1
    assert found.predictions["coles"][2, 1, 7, 1] == one
    assert estimate(found.scored("coles")).n_repeats == 2
    verdict = told_of(table)
    assert (verdict.n_seeds, verdict.n_repeats, verdict.remarks) == (3, 2, [])
    assert all(verdict.compared[0].errors[part] > 0 for part in ("clients", "training"))


def test_models_that_all_score_the_same_clients_do_not_tell_what_training_costs():
    table = long_table({"coles": 1.0, "aggregates": 1.0, "random_encoder": 0.0}, seeds=3, repeats=2, folds=1)
    assert [remark.split(":")[0] for remark in told_of(table).remarks] == ["Clients were dealt out once"]


def test_rows_scored_on_other_folds_are_not_compared():
    table = long_table({"coles": 1.0, "aggregates": 1.0, "random_encoder": 0.0}, folds=5)
    moved = table.fold.where(table.representation != "coles", (table.fold + 1) % 5)
    with pytest.raises(AssertionError, match="not scored on the clients and folds of the others"):
        told_of(table.assign(fold=moved))


def test_of_several_rows_each_must_be_the_clearer():
    knows = {"coles": 1.6, "best": 1.0, "best_addition": 1.0, "aggregates": 1.0}
    verdict, alone = reached(knows), reached({"coles": 1.6, "aggregates": 1.0})
    assert [each.representation for each in verdict.compared] == ["best", "best_addition", "coles"]
    table = long_table({"random_encoder": 0.0} | knows)
    by_itself = told_of(table[~table.representation.isin(["best", "best_addition"])]).compared[0]
    assert verdict.compared[2].p == pytest.approx(3 * by_itself.p)
    assert verdict.compared[2].interval == by_itself.interval
    assert len(alone.compared) == 1


@pytest.mark.parametrize(
    ("knows", "first", "second"),
    [
        (3.0, "Use topics rather than plain aggregates: better. ", "Adding rfm to plain aggregates helps: better. "),
        (1.0, "Plain aggregates or the best other representation, topics: undecided. ",
         "Whether adding rfm to plain aggregates helps: undecided. "),
        (0.3, "Use plain aggregates: the best other representation, topics, is worse. ",
         "Adding rfm to plain aggregates harms: worse. "),
    ],
)  # fmt: skip
def test_it_says_which_to_use_whether_it_adds_and_what_coles_is(knows, first, second):
    verdict = reached({"best": knows, "best_addition": knows, "coles": 1.0, "aggregates": 1.0})
    use, add, coles = verdict.sentences
    assert use.startswith(first)
    assert add.startswith(second)
    assert "CoLES (gru · 64) against plain aggregates: undecided. " in coles
    for said, told in zip(verdict.sentences, verdict.compared, strict=True):
        assert f"difference {told.difference:+.3f}, 95% interval {told.interval[0]:+.3f} to" in said
        assert f"A true difference of {told.detectable:.3f} would be seen" in said
    assert verdict.outcome is verdict.compared[0].outcome


def test_it_says_where_an_interval_is_clear_but_for_the_other_comparisons():
    others = {"best_addition": 1.0, "coles": 1.0, "aggregates": 1.0}
    said = {knows: reached({"best": knows} | others) for knows in (1.0, 1.4, 1.6)}
    words = "On its own that would be clear; as one of 3 comparisons it is not."
    assert [words in said[knows].sentences[0] for knows in said] == [False, True, False]
    assert said[1.4].compared[0].interval[0] > 0
    assert said[1.4].outcome is Outcome.UNDECIDED
    table = long_table({"random_encoder": 0.0, "best": 1.4} | others)
    assert "as one of 2 comparisons it is not." in told_of(table, short="t was trained for 15 steps").sentences[0]


def test_families_stand_beside_with_an_interval_of_their_own():
    verdict = reached({"best": 2.0, "aggregates+coles": 1.5, "coles": 1.0, "aggregates": 1.0})
    found = {each.representation: each for each in verdict.families}
    assert {name: (each.family, each.added) for name, each in found.items()} == {
        "coles": ("coles", False), "aggregates+coles": ("coles", True),
    }  # fmt: skip
    assert all(each.interval[0] < each.difference < each.interval[1] for each in found.values())


def test_an_encoder_that_learnt_nothing_is_said_to_have_learnt_nothing():
    verdict = reached({"coles": -0.3, "aggregates": 1.5})
    assert verdict.sentence.startswith(
        "The encoder learnt nothing usable about this label (against its untrained twin: "
    )
    assert "CoLES (gru · 64) against plain aggregates: worse." in verdict.sentence


def test_one_seed_and_one_partition_are_remarked():
    assert [remark.split(":")[0] for remark in reached({"coles": 1.0, "aggregates": 1.0}).remarks] == [
        "One seed was trained", "Clients were dealt out once",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rare", "group", "words"), [(1, 0, "'yes' a single client"), (3, 3, "'yes' a single group of clients")]
)
def test_a_class_of_one_client_or_group_has_no_interval_but_a_word(rare, group, words):
    table = long_table({"coles": 1.0, "aggregates": 1.0, "random_encoder": 0.0})
    yes = table.client_id.isin([f"c{i:03d}" for i in range(rare)])
    table = table.assign(label=yes.astype(int), group_id=table.group_id.where(~yes, "one"))
    verdict = told_of(table)
    assert (verdict.outcome, verdict.compared[0].interval) == (Outcome.UNDECIDED, None)
    assert verdict.sentence.startswith(f"No interval can be given, since of class {words} is scored. CoLES")
    assert "against plain aggregates: undecided. ROC-AUC" in verdict.sentence


def test_a_prediction_that_is_not_a_number_raises():
    table = long_table({"coles": 1.0, "aggregates": 1.0, "random_encoder": 0.0})
    table.loc[table.index[7], "p_1"] = np.nan
    with pytest.raises(ValueError, match="predictions are not finite"):
        told_of(table)


def test_the_best_of_noise_is_told():
    said = best_by_chance([0.55, 0.52, 0.57], np.arange(160) % 2, CLASSES)
    assert "the best of 3 trials would have had a tuning ROC-AUC of 0.539 by chance" in said
    assert said.endswith("the best trial's, of one seed each, was 0.570.")


def test_a_training_that_is_too_short_gives_no_verdict_on_coles_alone():
    knows = {"coles": 3.0, "aggregates+coles": 3.0, "best": 3.0, "aggregates": 1.0, "random_encoder": 0.0}
    verdict = told_of(long_table(knows), short="t was trained for 15 steps")
    best, coles = verdict.compared
    assert best.outcome is Outcome.BETTER
    assert (coles.outcome, coles.interval) == (Outcome.UNDECIDED, None)
    assert [each.interval for each in verdict.families] == [None, None]
    assert verdict.sentences[0].startswith("Use topics rather than plain aggregates: better.")
    assert verdict.sentences[1].startswith(
        "T was trained for 15 steps. CoLES (gru · 64) against plain aggregates: undecided."
    )


def test_labels_that_leak_give_no_verdict_at_all():
    table = long_table({"coles": 3.0, "best": 3.0, "aggregates": 1.0, "random_encoder": 0.0})
    verdict = told_of(table, hindered="labels leak", short="t was trained for 15 steps")
    assert verdict.sentences[0] == "Labels leak."
    assert {each.interval for each in (*verdict.compared, *verdict.families)} == {None}
    assert not any("steps" in said for said in verdict.sentences)


def test_of_more_candidates_less_is_certain():
    table = long_table({"coles": 3.0, "aggregates": 1.0, "random_encoder": 0.0})
    one, many = (told_of(table, candidates=n).compared[0] for n in (1, 8))
    assert one.error < many.error
