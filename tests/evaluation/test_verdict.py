"""The verdict of long tables as evaluations write them, in words."""

import numpy as np
import pandas as pd
import pytest

from coles_ops.config import Evaluation
from coles_ops.evaluation.outoffold import OutOfFold
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.evaluation.words import best_by_chance
from coles_ops.schema import Outcome
from coles_ops.statistics import estimate
from coles_ops.targets import Classes

NAMES = {"w": "gru · 64", "aggregates": "aggregates", "random_encoder": "random encoder", "both": "both"}
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
            for seed in range(seeds if name == "w" else 1):
                value = 1 / (1 + np.exp(-(much * label + shared + rng.normal(size=n) / (10 if per_group > 1 else 1))))
                found.append(pd.DataFrame({
                    "representation": name, "seed": seed, "probe": "catboost", "repeat": repeat, "fold": fold,
                    "client_id": [f"c{i:03d}" for i in range(n)], "group_id": [f"g{g}" for g in group],
                    "label": label, "p_0": 1 - value, "p_1": value,
                }))  # fmt: skip
    return pd.concat(found).sample(frac=1, random_state=0)


def reached(knows: dict[str, float], others=(), **how):
    knows = {"random_encoder": 0.0} | knows
    return reach_verdict(long_table(knows, **how), NAMES, "w", "t", Evaluation(), CLASSES, others=others)


@pytest.mark.parametrize(("knows", "outcome"), [(3.0, Outcome.BETTER), (1.0, Outcome.UNDECIDED), (0.3, Outcome.WORSE)])
def test_outcome_and_figures_are_said(knows, outcome):
    verdict = reached({"w": knows, "aggregates": 1.0})
    assert verdict.outcome is outcome
    told = verdict.compared
    said = f"CoLES (gru · 64) against plain aggregates: {outcome}. ROC-AUC {told.score:.3f} against "
    assert said in verdict.sentence
    assert f"interval {told.interval[0]:+.3f} to {told.interval[1]:+.3f}, over 400 clients. " in verdict.sentence
    assert f"A true difference of {told.detectable:.3f} would be seen four times in five" in verdict.sentence
    assert told.difference == pytest.approx(told.score - verdict.baseline_score)


def test_what_is_the_same_is_equivalent():
    table = long_table({"w": 1.0, "random_encoder": 0.0})
    same = table[table.representation == "w"].assign(representation="aggregates")
    verdict = reach_verdict(pd.concat([table, same]), NAMES, "w", "t", Evaluation(), CLASSES)
    assert "against plain aggregates: equivalent within 0.01. " in verdict.sentence
    assert "would be seen" not in verdict.sentence  # nothing is known of it


def test_labels_needed_are_said_to_two_digits():
    verdict = reached({"w": 1.2, "aggregates": 1.0})
    assert verdict.compared.labels > 400
    assert f"about {float(f'{verdict.compared.labels:.1e}'):,.0f} labels must be scored." in verdict.sentence


def test_members_of_a_group_are_no_further_evidence():
    grouped, alone = (reached({"w": 1.5, "aggregates": 1.0}, n=400, per_group=k) for k in (4, 1))
    assert (grouped.n_clients, grouped.n_groups) == (400, 100)
    table = long_table({"w": 1.5, "aggregates": 1.0, "random_encoder": 0.0}, per_group=4)
    ignored = reach_verdict(table.assign(group_id=table.client_id), NAMES, "w", "t", Evaluation(), CLASSES)
    assert grouped.compared.error > 1.5 * ignored.compared.error
    assert alone.n_groups == 400


def test_seeds_repeats_and_folds_of_a_table_become_axes():
    table = long_table({"w": 1.0, "aggregates": 1.0, "random_encoder": 0.0}, seeds=3, repeats=2, folds=5)
    found = OutOfFold.of(table, "catboost")
    assert found.predictions["w"].shape == (3, 2, 400, 2)
    assert found.predictions["aggregates"].shape == (1, 2, 400, 2)
    (one,) = table[
        (table.representation == "w") & (table.seed == 2) & (table.repeat == 1) & (table.client_id == "c007")
    ].p_1
    assert found.predictions["w"][2, 1, 7, 1] == one
    assert estimate(found.scored("w")).n_repeats == 2
    verdict = reach_verdict(table, NAMES, "w", "t", Evaluation(), CLASSES)
    assert (verdict.n_seeds, verdict.n_repeats, verdict.remarks) == (3, 2, [])
    assert all(verdict.compared.errors[part] > 0 for part in ("clients", "training"))


def test_rows_scored_on_other_folds_are_not_compared():
    table = long_table({"w": 1.0, "aggregates": 1.0, "random_encoder": 0.0}, folds=5)
    moved = table.fold.where(table.representation != "w", (table.fold + 1) % 5)
    with pytest.raises(AssertionError, match="not scored on the clients and folds of the others"):
        reach_verdict(table.assign(fold=moved), NAMES, "w", "t", Evaluation(), CLASSES)


def test_of_several_rows_each_must_be_the_clearer():
    verdict = reached({"w": 1.6, "both": 1.0, "aggregates": 1.0}, others=["both"])
    alone = reached({"w": 1.6, "both": 1.0, "aggregates": 1.0})
    assert verdict.others[0].name == "both"
    assert verdict.compared.p == pytest.approx(2 * alone.compared.p)
    assert verdict.compared.interval == alone.compared.interval


def test_an_encoder_that_learnt_nothing_is_said_to_have_learnt_nothing():
    verdict = reached({"w": -0.3, "aggregates": 1.5})
    assert verdict.sentence.startswith(
        "The encoder learnt nothing usable about this label (against its untrained twin: "
    )
    assert "CoLES (gru · 64) against plain aggregates: worse." in verdict.sentence


def test_one_seed_and_one_partition_are_remarked():
    assert [remark.split(":")[0] for remark in reached({"w": 1.0, "aggregates": 1.0}).remarks] == [
        "One seed was trained", "Clients were dealt out once",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rare", "group", "words"), [(1, 0, "'yes' a single client"), (3, 3, "'yes' a single group of clients")]
)
def test_a_class_of_one_client_or_group_has_no_interval_but_a_word(rare, group, words):
    table = long_table({"w": 1.0, "aggregates": 1.0, "random_encoder": 0.0})
    yes = table.client_id.isin([f"c{i:03d}" for i in range(rare)])
    table = table.assign(label=yes.astype(int), group_id=table.group_id.where(~yes, "one"))
    verdict = reach_verdict(table, NAMES, "w", "t", Evaluation(), CLASSES)
    assert (verdict.outcome, verdict.compared.interval) == (Outcome.UNDECIDED, None)
    assert verdict.sentence.startswith(f"No interval can be given, since of class {words} is scored. CoLES")
    assert "against plain aggregates: undecided. ROC-AUC" in verdict.sentence


def test_a_prediction_that_is_not_a_number_raises():
    table = long_table({"w": 1.0, "aggregates": 1.0, "random_encoder": 0.0})
    table.loc[table.index[7], "p_1"] = np.nan
    with pytest.raises(ValueError, match="predictions are not finite"):
        reach_verdict(table, NAMES, "w", "t", Evaluation(), CLASSES)


def test_the_best_of_noise_is_told():
    said = best_by_chance([0.55, 0.52, 0.57], np.arange(160) % 2, CLASSES)
    assert "the best of 3 trials would have had a tuning ROC-AUC of 0.539 by chance" in said
    assert said.endswith("the winner's was 0.570.")


def test_a_training_that_is_too_short_gives_no_verdict():
    table = long_table({"w": 3.0, "aggregates": 1.0, "random_encoder": 0.0})
    verdict = reach_verdict(table, NAMES, "w", "t", Evaluation(), CLASSES, hindered="t was trained for 15 steps")
    assert (verdict.outcome, verdict.compared.interval) == (Outcome.UNDECIDED, None)
    assert verdict.sentence.startswith(
        "T was trained for 15 steps. CoLES (gru · 64) against plain aggregates: undecided."
    )


def test_of_more_finalists_less_is_certain():
    table = long_table({"w": 3.0, "aggregates": 1.0, "random_encoder": 0.0})
    one, many = (reach_verdict(table, NAMES, "w", "t", Evaluation(), CLASSES, candidates=n).compared for n in (1, 8))
    assert one.error < many.error
