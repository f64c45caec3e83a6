"""Optuna proposes what is new, and what it proposes follows from the scores."""

from pathlib import Path

from tables import tiny_run

from coles_ops.artefacts.trial import trial_id
from coles_ops.config import Config
from coles_ops.tuning.suggest import Suggestions

RATES = {"optimiser.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "encoder": ["gru", "lstm"]}


def configured(folder: Path, **search) -> Config:
    return tiny_run(folder, search={"algorithm": "optuna", **search}).config


def test_the_same_scores_bring_the_same_proposals_and_others_bring_others(tmp_path):
    config = configured(tmp_path / "world", space=RATES)

    def drawn(best: float) -> list:
        suggestions, found = Suggestions(config), []
        for _ in range(4):
            batch = suggestions.ask(8)
            suggestions.tell({trial_id(s): -abs(s.optimiser.learning_rate - best) for s in batch})
            found += batch
        return found

    low, high = drawn(1e-4), drawn(1e-2)
    assert low == drawn(1e-4)
    assert low[:8] == high[:8]
    assert sum(s.optimiser.learning_rate for s in low[-8:]) < sum(s.optimiser.learning_rate for s in high[-8:])
    assert all(1e-4 <= spec.optimiser.learning_rate <= 1e-2 for spec in low)


def test_no_trial_is_proposed_twice_and_the_end_of_the_space_is_told(tmp_path):
    suggestions = Suggestions(configured(tmp_path / "world", space={"encoder.size": {"low": 4, "high": 7}}))
    first = suggestions.ask(3)
    suggestions.tell({trial_id(first[0]): 0.5})  # the others have failed
    assert sorted(spec.encoder.size for spec in [*first, *suggestions.ask(3)]) == [4, 5, 6, 7]
    assert suggestions.ask(1) == []


def test_components_with_options_are_proposed_and_impossible_ones_are_not(tmp_path):
    heads = {"encoder": ["gru", {"name": "transformer", "layers": 1}, {"name": "transformer", "layers": 2}]}
    space = heads | {"encoder.heads": [2, 3, 4], "encoder.size": [8]}
    found = Suggestions(configured(tmp_path / "world", space=space)).ask(9)
    shapes = sorted((s.encoder.layers, s.encoder.heads) for s in found if s.encoder.name == "transformer")
    assert shapes == [(1, 2), (1, 4), (2, 2), (2, 4)]
    assert len(found) == 5  # a GRU has no heads
