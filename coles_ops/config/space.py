"""The search space: dotted keys below ``training``, what they may hold, and what a choice of values makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from coles_ops.component import Component
from coles_ops.config.sections import Range
from coles_ops.config.training import COMPONENTS, Training

Space = Mapping[str, list[Any] | Range]


def choose(training: Training, choice: Mapping[str, Any]) -> Training:
    """The training of a trial.

    A component chosen by name or as a mapping keeps the options of ``training`` that it also has; the others are its
    defaults. Dotted options come after, and count for the components that have them alone.

    Args:
        training: what all trials share.
        choice: keys of a search space to one value each.

    Raises:
        ValidationError: the values do not fit together.
    """
    values = training.model_dump()
    for key, value in choice.items():
        values[key] = _keeping(getattr(training, key), key, value) if key in COMPONENTS else value
    for key in [key for key in values if "." in key]:
        head, _, option = key.partition(".")
        value = values.pop(key)
        if option in COMPONENTS[head].get(values[head]["name"]).model_fields:
            values[head] = values[head] | {option: value}
    return Training.model_validate(values)


def _keeping(before: Component, kind: str, value: str | dict[str, Any]) -> dict[str, Any]:
    """The options of a component that comes after another."""
    given = {"name": value} if isinstance(value, str) else {"name": before.name} | value
    fields = COMPONENTS[kind].get(given["name"]).model_fields
    return {option: kept for option, kept in before.model_dump().items() if option in fields} | given


def chosen(training: Training, key: str) -> Any:
    """What a training has at a key: of a component its name, None where it has no such option."""
    head, _, option = key.partition(".")
    value = getattr(training, head)
    return getattr(value, option, None) if option else value.name if isinstance(value, Component) else value


def is_whole(training: Training, space: Space, key: str) -> bool:
    """Whether a dimension takes whole numbers only."""
    return all(field.annotation is int for field in fields_of(training, space, key))


def dotted(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A nested mapping as one of dotted keys."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        inner = isinstance(value, dict) and bool(value)
        found |= dotted(value, f"{before}{key}.") if inner else {f"{before}{key}": value}
    return found


def check_space(training: Training, space: Space) -> None:
    """Raise ValueError naming the key that is none, or that holds a value it may not, whatever the others hold."""
    for key in space.keys() & COMPONENTS.keys():
        for value in _listed(key, space[key]):
            _check_component(key, value)
    for key, values in space.items():
        if key in COMPONENTS:
            continue
        for field in fields_of(training, space, key):
            for value in values if isinstance(values, list) else (values.low, values.high):
                _check(field, key, value)


def _listed(key: str, values: list[Any] | Range) -> list[Any]:
    if isinstance(values, Range):
        raise ValueError(f"search.space.{key} is a range: list names, or mappings of a name and options")
    return values


def fields_of(training: Training, space: Space, key: str) -> list[FieldInfo]:
    """The fields a dotted key stands for: one of ``training``, or an option of those tried components that have it."""
    head, _, option = key.partition(".")
    if not option and key in Training.model_fields:
        return [Training.model_fields[key]]
    if not option or head not in COMPONENTS:
        raise ValueError(f"search.space names {key!r}, which is not a field of `training`")
    tried = sorted({_name(value, training, head) for value in _listed(head, space.get(head, [{}]))})
    models = [COMPONENTS[head].get(name) for name in tried]
    if fields := [model.model_fields[option] for model in models if option in model.model_fields and option != "name"]:
        return fields
    known = sorted({name for model in models for name in model.model_fields} - {"name"})
    raise ValueError(f"search.space.{key}: {' and '.join(tried)} has no option {option!r}; known: {', '.join(known)}")


def _name(value: Any, training: Training, kind: str) -> str:
    return value if isinstance(value, str) else value.get("name", getattr(training, kind).name)


def _check_component(key: str, value: Any) -> None:
    """A name, or a mapping whose options each may be set."""
    if not isinstance(value, str | dict):
        raise ValueError(f"search.space.{key}: list names, or mappings of a name and options (got {value!r})")
    given = {"name": value} if isinstance(value, str) else value
    if "name" not in given:
        raise ValueError(f"search.space.{key}: {value!r} names none; known: {', '.join(COMPONENTS[key].names())}")
    try:
        fields = COMPONENTS[key].get(given["name"]).model_fields
    except ValueError as error:
        raise ValueError(f"search.space.{key}: {error}") from None
    for option, inner in given.items():
        if option not in fields:
            raise ValueError(
                f"search.space.{key}: {given['name']} has no option {option!r}; known: {', '.join(fields)}"
            )
        _check(fields[option], f"{key}.{option}", inner)


def _check(field: FieldInfo, key: str, value: Any) -> None:
    try:
        kind: Any = Annotated[field.annotation, field]
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise ValueError(f"search.space.{key}: {error.errors()[0]['msg']} (got {value!r})") from None
