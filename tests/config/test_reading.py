import pytest
import yaml
from pydantic import ValidationError

from coles_ops.config import CONFIGS, Config, ConfigError, Section, load_config


def sections(model: type[Section]) -> list[type[Section]]:
    below = [f.annotation for f in model.model_fields.values() if isinstance(f.annotation, type)]
    return [model, *(s for sub in below if issubclass(sub, Section) for s in sections(sub))]


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.yaml")))
def test_every_shipped_config_validates_and_survives_a_round_trip(name):
    config = load_config(name)
    assert Config.model_validate(yaml.safe_load(yaml.safe_dump(config.model_dump(mode="json")))) == config


def test_overrides_are_dotted_keys():
    config = load_config("completejourney", {"training.epochs": 3, "search.space.encoder": ["gru"]})
    assert config.training.epochs == 3
    assert config.search.space["encoder"] == ["gru"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"training.epoch": 3}, r"training\.epoch: .*not permitted.*got 3"),
        ({"training.epochs": 0}, r"training\.epochs: .*greater than or equal to 1.*got 0"),
        ({"dataset.name": "nope"}, r"unknown dataset 'nope'; known: .*completejourney"),
        ({"split.test": 0.5}, r"train \+ valid \+ test must be 1, not 1\.3"),
        ({"search.space.depth": [1]}, r"search\.space names 'depth', which is not a field"),
        ({"search.space.embedding_size": ["wide"]}, r"search.*valid integer"),
        ({"search.space.embedding_size": []}, r"search\.space\.embedding_size is an empty list"),
        ({"search.space.learning_rate": {"low": 0.1, "high": 1}}, r"is a range.*random or optuna"),
        ({"training.slice_min": 100}, r"slice_min 100 is above slice_max 60"),
        ({"name.more": 1}, r"'name' is a value, not a section"),
    ],
)
def test_a_mistake_is_named_with_its_key(overrides, message):
    with pytest.raises(ConfigError, match=message):
        load_config("completejourney", overrides)


def test_a_config_that_is_not_there_names_those_that_are():
    with pytest.raises(ConfigError, match=r"no config 'nope'.*completejourney"):
        load_config("nope")


def test_what_is_not_yaml_or_no_mapping_is_said(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("a: [")
    with pytest.raises(ConfigError, match=r"mine\.yaml is not YAML"):
        load_config(file)
    file.write_text("- a")
    with pytest.raises(ConfigError, match="must hold a mapping"):
        load_config(file)


@pytest.mark.parametrize("section", sections(Config), ids=lambda s: s.__name__)
def test_every_field_is_documented_and_sections_are_frozen(section):
    for name, field in section.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        assert nested or field.description, name
    assert section.model_config["frozen"]
    assert section.model_config["extra"] == "forbid"


def test_a_config_does_not_change():
    with pytest.raises(ValidationError):
        load_config("completejourney").training.epochs = 1
