import pytest
import yaml
from pydantic import ValidationError

from coles_ops.config import COMPONENTS, CONFIGS, Config, ConfigError, Section, load_config


def sections(model: type[Section]) -> list[type[Section]]:
    below = [f.annotation for f in model.model_fields.values() if isinstance(f.annotation, type)]
    return [model, *(s for sub in below if issubclass(sub, Section) for s in sections(sub))]


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.yaml")))
def test_every_shipped_config_validates_and_survives_a_round_trip(name):
    config = load_config(name)
    assert Config.model_validate(yaml.safe_load(yaml.safe_dump(config.model_dump(mode="json")))) == config


def test_overrides_are_dotted_keys():
    config = load_config("completejourney", {"training.steps": 3, "search.space.encoder": ["gru"]})
    assert config.training.steps == 3
    assert config.search.space["encoder"] == ["gru"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"training.epoch": 3}, r"training\.epoch: .*not permitted.*got 3"),
        ({"training.steps": 0}, r"training\.steps: .*greater than or equal to 1.*got 0"),
        ({"dataset.name": "nope"}, r"unknown dataset 'nope'; known: .*completejourney"),
        ({"evaluation.protocol": {"name": "holdout", "test": 0.9}}, r"tuning \+ test must be below 1, not 1\.1"),
        ({"search.space.depth": [1]}, r"search\.space names 'depth', which is not a field"),
        ({"search.space.encoder.size": ["wide"]}, r"search\.space\.encoder\.size: .*valid integer"),
        ({"search.space.seed": [0, 1]}, r"search\.space\.seed: seeds are no choice, search\.seeds says"),
        ({"search.space.encoder.size": []}, r"search\.space\.encoder\.size is an empty list"),
        ({"search.space.optimiser.learning_rate": {"low": 0.1, "high": 1}}, r"is a range.*random or optuna"),
        (
            {"search.space.optimiser.learning_rate": [0]},
            r"search\.space\.optimiser\.learning_rate: .*greater than 0 \(got 0\)",
        ),
        (
            {"search": {"algorithm": "random", "space": {"encoder": {"low": 0, "high": 1}}}},
            r"search\.space\.encoder is a range: list names",
        ),
        ({"search": {"space": {"encoder.dropout": {"low": 1, "high": 0}}}}, r"low 1 is not below high 0"),
        ({"search": {"space": {"encoder.dropout": {"low": 0, "high": 1, "log": True}}}}, r"low 0 has no logarithm"),
        ({"training.objective.margin": float("inf")}, r"training\.objective\.margin: .*finite number"),
        ({"resources.cpus": 0}, r"resources\.cpus.*greater than or equal to 1"),
        ({"evaluation.protocol": {"name": "holdout", "seed": -1}}, r"protocol\.seed: .*greater than or equal to 0"),
        ({"name": ["x" * 1000]}, r"name: Input should be a valid string \(got .{,220}\)$"),
        ({"validation.known": {"mcc": ["1"]}}, r"validation\.known names 'mcc', which is no category; .*department"),
        ({"validation.known": {"department": [1, False]}}, r"known\.department\.1: .*write 'False', in quotes"),
        ({"training.sampler.min": 100}, r"training\.sampler: min 100 is above max 60"),
        ({"training.encoder": "rnn"}, r"training\.encoder: unknown encoder 'rnn'; known: .*gru, .*lstm"),
        ({"training.encoder.heads": 3}, r"training\.encoder\.heads: .*not permitted.*got 3"),
        (
            {"search.space.encoder": ["gru", "rnn"]},
            r"search\.space\.encoder: unknown encoder 'rnn'; known: .*gru, .*lstm",
        ),
        ({"search.space.encoder": [{"size": 3}]}, r"search\.space\.encoder: .*names none; known: .*gru"),
        ({"search.space.encoder": [{"name": "gru", "depth": 3}]}, r"encoder: gru has no option 'depth'; known: .*size"),
        ({"search.space.encoder": [{"name": "gru", "size": 1}]}, r"encoder\.size: .*greater than or equal to 2 .got 1"),
        ({"search.space.encoder": [7]}, r"search\.space\.encoder: list names, or mappings .*got 7"),
        ({"search.space.sampler.min": [0]}, r"search\.space\.sampler\.min: .*greater than or equal to 1 .got 0"),
        ({"search.space": {"encoder": ["gru"], "encoder.heads": [2]}}, r"encoder\.heads: gru has no option 'heads'"),
        ({"name.more": 1}, r"'name' is a value, not a section"),
    ],
)
def test_a_mistake_is_named_with_its_key(overrides, message):
    with pytest.raises(ConfigError, match=message):
        load_config("completejourney", overrides)


def test_a_config_that_is_not_there_names_those_that_are():
    with pytest.raises(ConfigError, match=r"no config 'nope'.*completejourney"):
        load_config("nope")


def test_a_value_of_the_space_need_not_fit_the_defaults_of_other_fields():
    config = load_config("completejourney", {"search.space.sampler.min": [300], "search.space.sampler.max": [400]})
    assert config.search.space["sampler.min"] == [300]


def components() -> list[type[Section]]:
    return [registry.get(name) for registry in COMPONENTS.values() for name in registry.names()]


@pytest.mark.parametrize("section", [*sections(Config), *components()], ids=lambda s: s.__name__)
def test_every_field_is_documented_and_sections_are_frozen(section):
    for name, field in section.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        assert nested or field.description, name
    assert section.model_config["frozen"]
    assert section.model_config["extra"] == "forbid"


def test_a_config_does_not_change():
    with pytest.raises(ValidationError):
        load_config("completejourney").training.steps = 1
