import pytest

from coles_ops.config import ConfigError, load_config
from coles_ops.tuning.space import plan_trials, specify, trial_id


def test_a_grid_is_the_product_in_a_stable_order():
    config = load_config("completejourney")
    trials = plan_trials(config)
    assert len(trials) == 18
    assert [trial_id(t) for t in trials] == [trial_id(t) for t in plan_trials(config)]
    assert len({trial_id(t) for t in trials}) == 18
    assert {t.epochs for t in trials} == {config.training.epochs}


def test_the_studys_grid_is_one_override_away():
    sizes = {"search.space.embedding_size": [32, 64, 96, 128, 256, 512]}
    assert len(plan_trials(load_config("completejourney", sizes))) == 54


def test_a_random_search_draws_within_its_ranges_by_seed():
    space = {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "embedding_size": [16, 32]}
    change = {"search.space": space, "search.algorithm": "random", "search.trials": 8}
    trials = plan_trials(load_config("completejourney", change))
    assert len(trials) == 8
    assert all(1e-4 <= t.learning_rate <= 1e-2 for t in trials)
    assert trials == plan_trials(load_config("completejourney", change))
    assert trials != plan_trials(load_config("completejourney", change | {"search.seed": 1}))


def test_an_impossible_trial_is_named_before_anything_runs():
    config = load_config("completejourney", {"search.space.embedding_size": [30]})
    with pytest.raises(ConfigError, match=r"'transformer'.*'embedding_size': 30.*not divisible by heads 4"):
        plan_trials(config)


def test_an_id_follows_from_all_settings():
    config = load_config("completejourney")
    one, other = specify(config, {}), specify(config, {"learning_rate": 0.5})
    assert trial_id(one).startswith("gru-sample_slices-64-")
    assert trial_id(one) != trial_id(other)
