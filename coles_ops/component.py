"""Components: what users choose by name in a configuration, each with options of its own.

A component is a frozen model of its options, registered by name; its methods do the work, or build what does. So an
encoder, a sampler, an objective or an optimiser with options nobody had before is one file.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from coles_ops.registry import Registry

NO_MEMORY: JsonDict = {"memory": False}  # json_schema_extra of an option that no trial's memory depends on


class Section(BaseModel):
    """Base of all that is configured: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Component(Section):
    """Base of all components."""

    name: str = Field(description="Registered name.")


def by_name(registry: Registry[Any], default: str) -> BeforeValidator:
    """Validate a field by the registered model: a bare name stands for {name: ...}, no name for ``default``."""

    def resolve(value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value}
        if isinstance(value, dict):
            return registry.get(value.get("name", default)).model_validate(value)
        return value

    return BeforeValidator(resolve)
