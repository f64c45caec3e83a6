"""The whole configuration, and how it is read from a YAML file."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, SerializeAsAny, ValidationError, model_validator
from pydantic_core import ErrorDetails

from coles_ops.component import Section
from coles_ops.config.parsing import ConfigError, parse_yaml, read_text
from coles_ops.config.sections import (
    Embedding,
    Evaluation,
    Preprocess,
    Production,
    Reporting,
    Resources,
    Search,
    Tracking,
    Validation,
)
from coles_ops.config.space import check_space
from coles_ops.config.training import COMPONENTS, Training
from coles_ops.datasets.base import DATASETS, Dataset
from coles_ops.datasets.names import shown_name
from coles_ops.schema import GAP

S = TypeVar("S", bound=Section)

_SHOWN = 200  # letters of a value
CONFIGS = Path(__file__).parents[2] / "configs"


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
    preprocess: Preprocess = Preprocess()
    training: Training = Field(default_factory=Training)
    search: Search = Search()
    embedding: Embedding = Embedding()
    evaluation: Evaluation = Field(default_factory=Evaluation)
    production: Production = Production()
    report: Reporting = Reporting()
    tracking: Tracking = Tracking()
    resources: Resources = Resources()

    @model_validator(mode="after")
    def _known_categories(self) -> Config:
        for column in self.validation.known:
            if self.dataset.stored(column) not in self.dataset.categories:
                categories = ", ".join(map(shown_name, self.dataset.categories)) or "none"
                raise ValueError(f"validation.known names {column!r}, which is no category; categories: {categories}")
        return self

    @model_validator(mode="after")
    def _known_columns(self) -> Config:
        for each in self.evaluation.representations:
            each.check([*map(shown_name, self.dataset.categories), *self.preprocess.calendar])
        return self

    @model_validator(mode="after")
    def _known_space(self) -> Config:
        check_space(self.training, self.search.space)
        return self

    @model_validator(mode="after")
    def _known_left_out(self) -> Config:
        gap = [GAP] if self.preprocess.gap else []
        own = map(shown_name, (*self.dataset.categories, *self.dataset.amounts))
        known = [*own, *self.preprocess.calendar, *gap]
        searched = self.search.space.get("encoder.leave_out", [])
        for listed in (self.training.encoder.leave_out, *(searched if isinstance(searched, list) else [])):
            if wrong := [name for name in listed if name not in known] if listed != "auto" else []:
                raise ValueError(
                    f"encoder.leave_out names {wrong[0]!r}, which no event has; columns: {', '.join(known)}"
                )
        return self


def load_config(config: str | Path, overrides: dict[str, Any] | None = None) -> Config:
    """Read a config by its name in ``configs/`` or by the path of a YAML file.

    Args:
        config: ``completejourney`` or ``path/to/mine.yaml``.
        overrides: dotted keys to values, e.g. ``{"training.steps": 3}``. A value replaces what is there.

    Raises:
        ConfigError: no such config, not a mapping, or values that do not validate: one line each.
    """
    path = Path(config)
    if path.suffix not in (".yaml", ".yml"):
        path = CONFIGS / f"{config}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.yaml")))
        raise ConfigError(f"no config {str(config)!r}: give the path of a YAML file or one of: {known}")
    values = parse_yaml(read_text(path), str(path))
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold a mapping with at least `name` and `dataset`")
    for key, value in (overrides or {}).items():
        _set(values, key, value)
    return parse_config(values, source=str(path))


def parse_config(values: dict[str, Any], source: str) -> Config:
    """Validate a mapping; raises ConfigError with one line a mistake, each naming its dotted key."""
    return validated(Config, values, source)


def validated(model: type[S], values: dict[str, Any], source: str) -> S:
    """Validate a mapping by a section; raises ConfigError with one line a mistake, each naming its dotted key."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [f"  {_mistake(details)}" for details in error.errors(include_url=False)]
        raise ConfigError("\n".join([f"{source} does not validate:", *lines])) from None


def _mistake(details: ErrorDetails) -> str:
    """Key, what was expected, and what stands there."""
    line = f"{'.'.join(map(str, details['loc'])) or 'config'}: {details['msg'].removeprefix('Value error, ')}"
    value = details["input"]
    if isinstance(value, dict | BaseModel):
        return line
    plain = details["type"] == "string_type" and isinstance(value, int | float)  # also `no`, which is false in YAML
    quotes = f": write '{value}', in quotes" if plain else ""
    return f"{line}{quotes} (got {textwrap.shorten(repr(value), _SHOWN)})"


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    if parents[:2] == ["search", "space"]:  # its own keys are dotted
        parents, last = parents[:2], ".".join([*parents[2:], last])
    for parent in parents:
        below = values.setdefault(parent, {})
        if isinstance(below, str) and parent in COMPONENTS and parents[0] == "training":
            below = values[parent] = {"name": below}
        if not isinstance(below, dict):
            raise ConfigError(f"override {key!r}: {parent!r} is a value, not a section")
        values = below
    values[last] = value
