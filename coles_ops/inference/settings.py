"""What of a configuration counts when new events are embedded: the rules of rows, and what may be spent."""

from typing import Any

from coles_ops.config import ConfigError, Resources, Validation, validated
from coles_ops.inference.bundle import Bundle


def settings_of(bundle: Bundle, overrides: dict[str, Any] | None = None) -> tuple[Validation, Resources]:
    """The bundle's rules, but for the latest time, which new events are after, and resources of this machine.

    Args:
        bundle: what embeds.
        overrides: dotted keys below ``validation`` and ``resources`` to values.

    Raises:
        ConfigError: a key is none of these, or its value does not fit.
    """
    values: dict[str, dict[str, Any]] = {"validation": bundle.facts.validation | {"time_max": None}, "resources": {}}
    for key, value in (overrides or {}).items():
        section, _, field = key.partition(".")
        if section not in values or not field:
            raise ConfigError(f"{key} counts for nothing here: set validation.* or resources.*")
        values[section][field] = value
    source = f"the settings for {bundle.path}"
    return validated(Validation, values["validation"], source), validated(Resources, values["resources"], source)
