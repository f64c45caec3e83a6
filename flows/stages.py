"""The stages as flows of their own: each takes the artefacts of those before it, and makes what lacks."""

from typing import Any

from prefect import flow

from flows.opening import opened
from tasks.stages import evaluate, preprocess, search, split, validate


@flow(name="coles-validate")
def coles_validate(config: str = "completejourney", overrides: dict[str, Any] | None = None) -> str:
    """Check the raw data against its expectations, and nothing else.

    Args:
        config: Name of a configuration in `configs/`, or the path of a YAML file of your own.
        overrides: Dotted keys to values laid over the configuration.
    """
    with opened(config, overrides) as run:
        return str(validate(run).path)


@flow(name="coles-preprocess")
def coles_preprocess(config: str = "completejourney", overrides: dict[str, Any] | None = None) -> str:
    """Split the clients and write the event store.

    Args:
        config: Name of a configuration in `configs/`, or the path of a YAML file of your own.
        overrides: Dotted keys to values laid over the configuration.
    """
    with opened(config, overrides) as run:
        validation = validate(run)
        return str(preprocess(run, validation, split(run, validation)).path)


@flow(name="coles-search")
def coles_search(config: str = "completejourney", overrides: dict[str, Any] | None = None) -> str:
    """Train the trials of the search.

    Args:
        config: Name of a configuration in `configs/`, or the path of a YAML file of your own.
        overrides: Dotted keys to values laid over the configuration.
    """
    with opened(config, overrides) as run:
        validation = validate(run)
        events = preprocess(run, validation, split(run, validation))
        return str(search(run, events).path)


@flow(name="coles-evaluate")
def coles_evaluate(config: str = "completejourney", overrides: dict[str, Any] | None = None) -> str:
    """Score every trial and baseline and write the leaderboard.

    Args:
        config: Name of a configuration in `configs/`, or the path of a YAML file of your own.
        overrides: Dotted keys to values laid over the configuration.
    """
    with opened(config, overrides) as run:
        validation = validate(run)
        events = preprocess(run, validation, split(run, validation))
        return str(evaluate(run, events, search(run, events)).path)
