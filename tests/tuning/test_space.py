import pytest

from coles_ops.artefacts.trial import trial_id
from coles_ops.config import ConfigError, load_config
from coles_ops.tuning.space import plan_trials, specify


def test_a_grid_is_the_product_in_a_stable_order():
    config = load_config("completejourney")
    trials = plan_trials(config)
    assert len(trials) == 4
    assert [trial_id(t) for t in trials] == [trial_id(t) for t in plan_trials(config)]
    assert len({trial_id(t) for t in trials}) == 4
    assert {t.steps for t in trials} == {config.training.steps}


def test_the_studys_grid_is_one_override_away():
    sizes = {"search.space.encoder.size": [32, 64, 96, 128, 256, 512]}
    assert len(plan_trials(load_config("completejourney", sizes))) == 24


def test_a_random_search_draws_within_its_ranges_by_seed():
    space = {"optimiser.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "encoder.size": [16, 32]}
    change = {"search.space": space, "search.algorithm": "random", "search.trials": 8}
    trials = plan_trials(load_config("completejourney", change))
    assert len(trials) == 8
    assert all(1e-4 <= t.optimiser.learning_rate <= 1e-2 for t in trials)
    assert trials == plan_trials(load_config("completejourney", change))
    assert trials != plan_trials(load_config("completejourney", change | {"search.seed": 1}))


def test_all_impossible_trials_are_named_before_anything_runs():
    change = {"search.space.encoder.size": [30, 32, 34], "search.space.encoder": ["gru", "transformer"]}
    with pytest.raises(ConfigError) as refused:
        plan_trials(
            load_config(
                "completejourney",
                change | {"search.space.encoder.readout": ["last"], "search.space.optimiser.learning_rate": [0.004]},
            )
        )
    head, *lines = str(refused.value).splitlines()
    assert head == "search.space: 2 of 6 trials are not possible:"
    assert [line.split(": ")[1] for line in lines] == [
        "size 30 is not divisible by heads 4", "size 34 is not divisible by heads 4",
    ]  # fmt: skip
    assert "encoder transformer" in lines[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"search.space.encoder": ["gru", "rnn"]},
            r"search\.space\.encoder: unknown encoder 'rnn'; known: .*gru, .*lstm",
        ),
        (
            {"search.space.sampler": ["none"]},
            r"search\.space\.sampler: unknown sampler 'none'; known: early_late, no_split",
        ),
        ({"training.objective": "hinge"}, r"training\.objective: unknown objective 'hinge'; known: .*contrastive"),
    ],
)
def test_a_name_that_is_not_registered_is_said_before_anything_runs(change, message):
    with pytest.raises(ConfigError, match=message):
        load_config("completejourney", change)


def test_an_id_follows_from_all_settings():
    config = load_config("completejourney")
    one, other = specify(config, {}), specify(config, {"optimiser.learning_rate": 0.5})
    assert trial_id(one).startswith(f"gru-sample_slices-{one.encoder.size}-")
    assert trial_id(one) != trial_id(other)
