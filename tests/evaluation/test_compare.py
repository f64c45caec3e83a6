"""Two runs are compared on the same clients, or it is said why they cannot be."""

import numpy as np
import pandas as pd
import pytest
from evaluations import TARGET, row
from tables import tiny_run
from typer.testing import CliRunner

from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.evaluation.compare import ComparisonError, put_side_by_side
from coles_ops.evaluation.leaderboard import build_leaderboard
from coles_ops.evaluation.rows import AGGREGATES, COLES, RANDOM
from coles_ops.evaluation.verdict import reach_verdict
from coles_ops.run import Run
from coles_ops.statistics import Outcome
from deployments.cli import app


@pytest.fixture
def evaluated(tmp_path, coles_home):
    """Make a run of this seed whose CoLES knows so much of the labels; a class may be one group."""

    def make(seed: int, knows: float, clients: int = 300, deal: int = 0, together: bool = False, seeds: int = 1) -> Run:
        run = tiny_run(tmp_path / "world", training={"seed": seed})
        label = np.arange(clients) % 2
        fold = np.random.default_rng(deal).integers(0, 2, clients)
        tables, fits = [], []
        for name, signal in ((AGGREGATES, 1.0), (RANDOM, 0.0), (COLES, knows)):
            noise = np.random.default_rng(len(name)).normal(size=clients)  # the same in both runs
            p = 1 / (1 + np.exp(-noise - signal * label))
            who = [f"c{i:03d}" for i in range(clients)]
            group = np.where(together & (label == 1), "one", who)
            table = pd.DataFrame(
                {"client_id": who, "group_id": group, "label": label, "fold": fold, "p_0": 1 - p, "p_1": p}
            )
            for number in range(1 if name == AGGREGATES else seeds):
                place = {"representation": name, "seed": number, "probe": "catboost", "repeat": 0}
                tables.append(table.assign(**place))
                fits += [{**place, "fold": k, "inner_score": 0.6, "complexity": 1.0, "threshold": 0.5} for k in (0, 1)]
        scored, config = pd.concat(tables, ignore_index=True), run.config.evaluation
        rows = {name: row(name, False, name) for name in (AGGREGATES, RANDOM, COLES)}
        board = build_leaderboard(scored, pd.DataFrame(fits), rows, config, TARGET)
        told = reach_verdict(scored, rows, ("t", "gru", COLES), config, TARGET)
        Evaluation.of(run.path).write_outcome(scored, board, told, "made")
        return run

    return make


def test_what_differs_and_what_difference_it_makes(evaluated):
    found = put_side_by_side(evaluated(0, knows=0.5), evaluated(1, knows=1.5))
    assert found.settings == {"training.seed": (0, 1)}
    pairs = {pair.row: pair for pair in found.pairs}
    assert pairs[COLES].told.outcome is Outcome.BETTER
    assert pairs[COLES].told.difference.value == pytest.approx(pairs[COLES].other - pairs[COLES].one)
    assert pairs[AGGREGATES].told.difference.value == 0
    assert not found.unpaired


@pytest.mark.parametrize("seeds", [(3, 5), (5, 3), (1, 3), (2, 2)])
def test_rows_of_unlike_numbers_of_seeds_are_compared(evaluated, seeds):
    found = put_side_by_side(evaluated(0, 0.5, seeds=seeds[0]), evaluated(1, 1.5, seeds=seeds[1]))
    pair = next(pair for pair in found.pairs if pair.row == COLES)
    assert pair.told.outcome is Outcome.BETTER
    assert pair.told.difference.value == pytest.approx(pair.other - pair.one)


@pytest.mark.parametrize(
    ("other", "why"), [({"clients": 200}, "other clients are scored"), ({"deal": 1}, "in other folds")]
)
def test_where_clients_or_folds_differ_there_are_scores_and_no_difference(evaluated, other, why):
    found = put_side_by_side(evaluated(0, knows=0.5), evaluated(1, knows=1.5, **other))
    assert why in found.unpaired
    assert [pair.told for pair in found.pairs] == [None] * 3
    assert all(0 < pair.one < 1 and 0 < pair.other < 1 for pair in found.pairs)


def test_where_a_class_is_one_group_there_are_scores_and_no_difference(evaluated):
    found = put_side_by_side(evaluated(0, knows=0.5, together=True), evaluated(1, knows=1.5, together=True))
    assert "a single group of clients" in found.unpaired
    assert [pair.told for pair in found.pairs] == [None] * 3


def test_the_command_shows_both_and_refuses_what_is_not_evaluated(evaluated, tmp_path):
    one, other = evaluated(0, knows=0.5), evaluated(1, knows=1.5)
    done = CliRunner().invoke(app, ["compare", one.id, other.id])
    assert done.exit_code == 0, done.output
    for word in ("training.seed", one.id, other.id, "ROC-AUC", "better"):
        assert word in done.output
    bare = tiny_run(tmp_path / "bare", training={"seed": 7})
    with pytest.raises(ComparisonError, match=f"{bare.id} is not evaluated yet"):
        put_side_by_side(one, bare)
