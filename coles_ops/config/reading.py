"""The whole configuration, and how it is read from a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, Field, SerializeAsAny, ValidationError

from coles_ops.config.sections import (
    Embedding,
    Evaluation,
    Preprocess,
    Resources,
    Search,
    Section,
    Split,
    Tracking,
    Training,
    Validation,
)
from coles_ops.datasets.base import DATASETS, Dataset

CONFIGS = Path(__file__).parents[2] / "configs"


class ConfigError(ValueError):
    """A mistake in the configuration, told in the user's terms."""


def _dataset(value: Any) -> Any:
    """Pick the registered dataset's own model by its name."""
    if isinstance(value, dict):
        if "name" not in value:
            raise ValueError(f"dataset.name is missing; known: {', '.join(DATASETS.names())}")
        return DATASETS.get(value["name"]).model_validate(value)
    return value


class Config(Section):
    """The whole job: one YAML file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="Names the run; lower case, digits, - and _.")
    dataset: Annotated[SerializeAsAny[Dataset], BeforeValidator(_dataset)] = Field(
        description="A registered dataset and its options."
    )
    validation: Validation = Validation()
    split: Split = Split()
    preprocess: Preprocess = Preprocess()
    training: Training = Training()
    search: Search = Search()
    embedding: Embedding = Embedding()
    evaluation: Evaluation = Evaluation()
    tracking: Tracking = Tracking()
    resources: Resources = Resources()


def load_config(config: str | Path, overrides: dict[str, Any] | None = None) -> Config:
    """Read a config by its name in ``configs/`` or by the path of a YAML file.

    Args:
        config: ``completejourney`` or ``path/to/mine.yaml``.
        overrides: dotted keys to values, e.g. ``{"training.epochs": 3}``. A value replaces what is there.

    Raises:
        ConfigError: no such config, not a mapping, or values that do not validate: one line each.
    """
    path = Path(config)
    if path.suffix not in (".yaml", ".yml"):
        path = CONFIGS / f"{config}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.yaml")))
        raise ConfigError(f"no config {str(config)!r}: give the path of a YAML file or one of: {known}")
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold a mapping with at least `name` and `dataset`")
    for key, value in (overrides or {}).items():
        _set(values, key, value)
    return parse_config(values, source=str(path))


def parse_config(values: dict[str, Any], source: str) -> Config:
    """Validate a mapping; raises ConfigError with one line a mistake, each naming its dotted key."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, e['loc'])) or 'config'}: {e['msg'].removeprefix('Value error, ')}"
            + (f" (got {e['input']!r})" if not isinstance(e["input"], dict | BaseModel) else "")
            for e in error.errors(include_url=False)
        ]
        raise ConfigError("\n".join([f"{source} does not validate:", *lines])) from None


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ConfigError(f"override {key!r}: {parent!r} is a value, not a section")
    values[last] = value
